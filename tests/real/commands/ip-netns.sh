# SPDX-License-Identifier: MIT
# Named network namespaces: made, entered, two joined by a cable, deleted.
# needs: ip busybox unshare
# probe: unshare -mn --map-root-user sh -c 'mount -t tmpfs none /run && ip netns add x && ip netns exec x true'
# output: fixed
unshare --user --map-root-user --mount --net sh -c '
mount -t tmpfs none /run
ip netns add red; ip netns add blue
ip netns list | cut -d" " -f1 | sort
ip netns exec red sh -c "ip -br link | cut -d\" \" -f1; exit 3"; echo $?
if ip link add a type veth peer name b 2> /dev/null; then
	ip link set a netns red; ip link set b netns blue
	ip -n red address add 10.9.8.1/24 dev a; ip -n red link set a up
	ip -n blue address add 10.9.8.2/24 dev b; ip -n blue link set b up
fi
ip -n red address add 10.9.7.1/24 dev lo; ip -n red -br -4 address
ip -n blue link set lo up
printf reply > reply; echo question > question
ip netns exec blue busybox nc -l -p 7777 < reply > heard &
until ip netns exec blue grep -q :1E61 /proc/net/tcp /proc/net/tcp6; do
	busybox usleep 10000
done
ip netns exec blue busybox nc 127.0.0.1 7777 < question; echo
wait; cat heard
ip netns pids red; ip netns identify $$
ip netns delete red; ip netns delete blue; ip netns list | wc -l'
