# SPDX-License-Identifier: MIT
# gpg with its agent, a daemon: a key, a signature, an encrypted file.
# needs: gpg gpgconf pgrep
mkdir -m 700 g && export GNUPGHOME="$PWD/g"
gpg --batch -q --passphrase '' --quick-gen-key tester@example.org ed25519 sign \
	never 2> /dev/null || exit 1
print=$(gpg --batch --with-colons -k | awk -F: '/^fpr/ { print $10; exit }')
gpg --batch -q --passphrase '' --quick-add-key "$print" cv25519 encr never
gpg --batch -k | wc -l
gpg --batch -q --trust-model always -r tester@example.org -es \
	-o sealed /etc/passwd || exit 1
gpg --batch -q -d sealed 2> /dev/null | cmp - /etc/passwd && echo same
gpg --batch -q --clearsign < /etc/hostname | gpg --verify 2>&1 | grep -c Good
gpg --batch --gen-random --armor 1 12
gpgconf --kill all
while pgrep -f "$GNUPGHOME" > /dev/null; do sleep 0.02; done
