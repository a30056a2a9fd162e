#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs the packages of a list that are missing, and says which. Without root it installs nothing
# and prints the one command that would.
#
#     deps.sh [LIST]      default: configs/packages.list
set -eu

list=${1:-$(dirname "$0")/../configs/packages.list}
missing=
for package in $(sed 's/#.*//' "$list"); do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

command="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" -ne 0 ]; then
	echo "packages are missing; as root, run:" >&2
	echo "    apt-get update && $command" >&2
	exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # the list is meant to be split into words
apt-get install -y -qq --no-install-recommends $missing >/dev/null
