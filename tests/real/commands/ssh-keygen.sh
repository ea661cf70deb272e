# SPDX-License-Identifier: MIT
# ssh-keygen and ssh-agent: keys, fingerprints, signatures, a daemon.
# needs: ssh-keygen ssh-agent
ssh-keygen -q -t ed25519 -N '' -C test -f key && ssh-keygen -l -f key.pub
ssh-keygen -q -t rsa -b 1024 -N '' -f rsa && ssh-keygen -lv -f rsa | tail -3
ssh-keygen -q -t ecdsa -N secret -f ec && ssh-keygen -y -P secret -f ec
echo text > text
ssh-keygen -Y sign -q -n file -f key text && ssh-keygen -Y check-novalidate \
	-n file -s text.sig < text
eval "$(ssh-agent -a "$PWD/agent")" > /dev/null
ssh-add -q key && ssh-add -l
kill "$SSH_AGENT_PID"
while test -e agent; do sleep 0.02; done
