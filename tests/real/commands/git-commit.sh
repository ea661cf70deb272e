# SPDX-License-Identifier: MIT
# git: init, add, commit, branch, merge, log, diff.
# needs: git
git init -q -b main repo && cd repo || exit 1
git config user.name tester && git config user.email tester@example.org
for i in 1 2 3; do
	seq $((i * 100)) > file$i
	git add . && git commit -q -m "commit $i" || exit 1
done
git checkout -q -b side HEAD~1
echo side >> file1
git commit -q -a -m side
git merge -q -m merged main || exit 1
git log --oneline --graph --stat | cat
git diff HEAD~1 --numstat
git status --short | wc -l
git fsck 2>&1 | tail -1
