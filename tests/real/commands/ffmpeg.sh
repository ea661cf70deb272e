# SPDX-License-Identifier: MIT
# ffmpeg: codecs with threads and hand-written vector code.
# needs: ffmpeg
# long
ffmpeg -nostdin -v error -f lavfi -i testsrc=size=160x120:rate=10 -t 1 \
	-c:v mpeg4 -threads 2 -y out.avi && ffmpeg -nostdin -v error -i out.avi \
	-f md5 -
