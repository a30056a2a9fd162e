# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# For scripts that walk over a table; source it.
#
#     wanted NAME [GLOB...]      whether the name matches one of the globs, or there is none

wanted() {
	name=$1
	shift
	[ $# = 0 ] && return 0
	for glob; do
		# shellcheck disable=SC2254 # it shall match as a pattern
		case $name in $glob) return 0 ;; esac
	done
	return 1
}
