# SPDX-License-Identifier: MIT
# apache2: processes with threads, scripts, and reloads, for which the server
# signals its own process group.
# needs: apache2 curl setsid
# output: fixed
modules=/usr/lib/apache2/modules
mkdir www; seq 20000 > www/numbers; echo page > www/index.html
printf '#!/bin/sh\necho Content-type: text/plain; echo; echo script\n' > www/script
chmod +x www/script
cat > config <<END
ServerRoot $PWD
ServerName localhost
PidFile $PWD/pid
Listen 127.0.0.1:$PORT
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule alias_module $modules/mod_alias.so
LoadModule dir_module $modules/mod_dir.so
LoadModule cgid_module $modules/mod_cgid.so
ScriptSock $PWD/scripts
DocumentRoot $PWD/www
ScriptAlias /scripts/ $PWD/www/
DirectoryIndex index.html
ErrorLog $PWD/error.log
LogLevel notice
StartServers 2
ThreadsPerChild 4
END
url=http://127.0.0.1:$PORT
get() { curl -s --no-progress-meter --retry 30 --retry-connrefused --max-time 30 "$@"; }
setsid apache2 -d "$PWD" -f "$PWD/config" -DFOREGROUND &
get $url/
get --parallel $url/numbers -o 1 $url/numbers -o 2 $url/numbers -o 3
cat 1 2 3 | md5sum
get $url/scripts/script
starts() { grep -c 'resuming normal operations' error.log; }
kill -HUP "$(cat pid)"; until test "$(starts)" = 2; do sleep 0.02; done
get $url/
kill -USR1 "$(cat pid)"; until test "$(starts)" = 3; do sleep 0.02; done
get $url/scripts/script
kill -TERM "$(cat pid)"; wait; echo $?
grep -c 'SIGHUP received' error.log
