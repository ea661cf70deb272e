# SPDX-License-Identifier: MIT
# git clone over a pipe to upload-pack, fetch, and push with hooks.
# needs: git
git config --global user.name tester
git config --global user.email tester@example.org
git config --global init.defaultBranch main
git init -q source
(cd source && cp -r /usr/include/asm-generic . && git add . &&
	git commit -q -m first) || exit 1
git clone -q --no-local source copy || exit 1
git clone -q --bare source bare.git || exit 1
printf '#!/bin/sh\necho hook ran; cat | wc -l\n' > bare.git/hooks/post-receive
chmod +x bare.git/hooks/post-receive
cd copy || exit 1
echo more > more && git add more && git commit -q -m second
git push ../bare.git HEAD:main || exit 1
diff -r -x .git ../source/asm-generic asm-generic && echo same
git archive HEAD | tar -t | wc -l
