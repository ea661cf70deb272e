# SPDX-License-Identifier: MIT
# Directories and extended attributes: many small calls.
# output: fixed
ls -lR /usr/include/linux /usr/share/perl5 | cksum
ls -lA --full-time /bin/ /etc/ssl | cksum
ls -U1 /usr/share/doc | wc -l
