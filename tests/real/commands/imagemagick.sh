# SPDX-License-Identifier: MIT
# ImageMagick: drawing, filters with OpenMP threads, formats.
# needs: convert
convert -size 200x150 gradient:red-blue -swirl 90 -blur 0x2 out.png || exit 1
convert out.png -resize 50% -colorspace gray -quality 80 out.jpg
convert out.png out.jpg -append -depth 8 rgb:- | wc -c
identify out.png out.jpg | cut -d' ' -f1-4
convert -size 64x64 plasma:fractal -format '%k\n' info:
