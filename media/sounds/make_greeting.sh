#!/usr/bin/env bash
# Makes opening_greeting.wav: 8 kHz mono 16 bit, spoken by espeak-ng, levelled by sox.
# Debian: apt-get install espeak-ng sox
set -eu
cd "$(dirname "$0")"
text="Hello. You have reached the voice messaging system. Please enter the extension, or hold for the operator."

spoken=$(mktemp --suffix=.wav)
trap 'rm -f "$spoken"' EXIT
espeak-ng -v en-us -s 165 -p 45 -w "$spoken" "$text"
# A telephone's band, peaks at -6 dBFS so that no law clips, a breath of silence on both sides.
sox -R "$spoken" -b 16 opening_greeting.wav \
  silence 1 0.02 0.5% reverse silence 1 0.02 0.5% reverse \
  remix - rate -h 8000 highpass 200 norm -6 pad 0.2 0.3
