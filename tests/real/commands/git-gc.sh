# SPDX-License-Identifier: MIT
# git gc: packing with threads, then grep with threads over the packs.
# needs: git
git config --global user.name tester
git config --global user.email tester@example.org
git init -q -b main repo && cd repo || exit 1
cp -r /usr/include/linux . && git add . && git commit -q -m all || exit 1
for i in 1 2 3 4 5; do
	echo "line $i" >> linux/fs.h
	git commit -q -a -m "change $i" || exit 1
done
git -c pack.threads=2 gc -q --no-detach 2> /dev/null ||
	git -c pack.threads=2 -c gc.autoDetach=false gc -q || exit 1
git count-objects -v
git grep --threads 2 -c SPDX | wc -l
git blame -s linux/fs.h | tail -2
