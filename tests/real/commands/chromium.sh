# SPDX-License-Identifier: MIT
# chromium: some ten processes, sandboxed code, shared memory, a page to a PNG.
# needs: chromium
# long
echo '<h1>page</h1><script>document.write(1 + 1)</script>' > page.html
chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
	--disable-background-networking --disable-component-update \
	--disable-sync --user-data-dir="$PWD/data" \
	--screenshot="$PWD/page.png" "file://$PWD/page.html" 2> /dev/null
head -c 8 page.png | od -An -c
