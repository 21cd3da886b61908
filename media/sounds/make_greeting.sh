#!/usr/bin/env bash
# Makes opening_greeting.wav: 8 kHz mono 16 bit, spoken by espeak-ng, levelled by sox.
# Debian: apt-get install espeak-ng sox
set -eu
cd "$(dirname "$0")"
text="Hello. You have reached the voice messaging system.
If you know the extension you want, enter it now. Otherwise, please hold for the operator."

spoken=$(mktemp --suffix=.wav)
trap 'rm -f "$spoken"' EXIT
espeak-ng -v en-us+f3 -s 150 -g 4 -w "$spoken" "$text"
# A telephone's band, peaks at -6 dBFS so that no law clips, a breath of silence on both sides.
# -R: the same dither, so the same file, every time.
sox -R "$spoken" -r 8000 -c 1 -b 16 opening_greeting.wav \
  silence 1 0.02 0.5% reverse silence 1 0.02 0.5% reverse \
  highpass 200 lowpass 3400 norm -6 pad 0.2 0.3
