# SPDX-License-Identifier: MIT
# dpkg-deb, dpkg-query: a package built, read and listed.
# needs: dpkg-deb dpkg-query
mkdir -p p/DEBIAN p/usr/share/p; seq 500 > p/usr/share/p/data
printf 'Package: p\nVersion: 1\nArchitecture: all\nMaintainer: t <t@example.org>\nDescription: test\n' > p/DEBIAN/control
dpkg-deb --root-owner-group -Zxz -b p p.deb > /dev/null && dpkg-deb -c p.deb | wc -l
dpkg-deb -f p.deb Package Version
dpkg-deb -x p.deb out && cmp out/usr/share/p/data p/usr/share/p/data && echo same
dpkg-query -W | wc -l
dpkg -S /bin/ls /usr/bin/env | sort
dpkg --compare-versions 1.2~rc1 lt 1.2 && echo older
