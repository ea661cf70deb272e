# SPDX-License-Identifier: MIT
# erlang: schedulers, processes, ports, sockets, its compiler of code.
# needs: erl
# long
# output: fixed
erl -noshell -eval '
S = self(),
F = fun F(0, A) -> A; F(N, A) -> F(N - 1, (A * 31 + N) rem 1000003) end,
[spawn(fun() -> S ! {I, F(100000 + I, 0)} end) || I <- lists:seq(1, 6)],
io:format("~p~n", [[receive {I, X} -> X end || I <- lists:seq(1, 6)]]),
{ok, L} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}, binary, {active, false}]),
{ok, P} = inet:port(L),
spawn(fun() -> {ok, K} = gen_tcp:accept(L), gen_tcp:send(K, "hi") end),
{ok, C} = gen_tcp:connect({127, 0, 0, 1}, P, [binary, {active, false}]),
io:format("~p~n~s", [gen_tcp:recv(C, 2), os:cmd("echo sub")]),
init:stop().'
