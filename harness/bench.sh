#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# make bench: figures of this machine, each beside a plain command of the same run.
#
#     bench.sh BUILD [start] [fork] [touch] [build] [judge] [memory]     default: all six
#
# "start" boots guests, "fork" lets them go on from one boot, "touch" measures what a workload adds to the
# faults that it makes, "build" builds a kernel twice in full, "judge" judges logs of up to 2 GB, "memory" is
# that of a run.
set -eu

build=$(cd "$1" && pwd)
shift
parts=${*:-start fork touch build judge memory}
faultline=$build/faultline
runs=${BENCH_RUNS:-9}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/faultline-bench-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
out=$scratch/out

now_ms() {
	echo $(($(date +%s%N) / 1000000))
}

# Median, least and greatest of the numbers on standard input.
spread() {
	sort -n | awk '{ v[NR] = $1 } END { printf "median %s, %s to %s, n=%d\n", v[int((NR + 1) / 2)], v[1], v[NR], NR }'
}

field() {
	sed -n "s/.*\"$2\": \([0-9.]*\),*\$/\1/p" "$1" | head -n 1
}

median() {
	spread | sed 's/median \([^,]*\),.*/\1/'
}

ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a / b }'
}

# One test on the patched kernel: what faultline adds to QEMU's own time.
bench_start() {
	"$faultline" run --quiet --kernel patched --test vdso-fork --out "$out" >/dev/null
	guest=$(readlink -f "$out/latest")/patched
	for _ in $(seq "$runs"); do
		before=$(now_ms)
		"$faultline" run --quiet --kernel patched --test vdso-fork --out "$out" >/dev/null
		wall=$(($(now_ms) - before))
		result=$out/latest/result.json
		field "$result" boot_ms >>"$scratch/first"
		total=$(field "$result" total_ms)
		echo "$total" >>"$scratch/total"
		awk -v wall="$wall" -v total="$total" 'BEGIN { print wall - total }' >>"$scratch/above"
		plain_start
	done
	echo "start of QEMU to the guest's first protocol record, ms: $(spread <"$scratch/first")"
	echo "  plain qemu-system-x86_64, same kernel and initramfs:   $(spread <"$scratch/plain_first")"
	echo "start of QEMU to its end, one short test, ms:           $(spread <"$scratch/total")"
	echo "  plain qemu-system-x86_64, same kernel and initramfs:   $(spread <"$scratch/plain_total")"
	echo "faultline run above QEMU's own time, warm cache, ms:     $(spread <"$scratch/above")"
}

plain_start() {
	wire=$scratch/wire
	rm -f "$wire"
	disk=$(sed -n "s/.*file=\([^,']*ext4[^,']*\).*/\1/p" "$guest/command.sh" | head -n 1)
	before=$(now_ms)
	qemu-system-x86_64 -accel tcg -smp 4 -m 1024 -display none -no-reboot \
		-kernel "$guest/bzImage" -initrd "$guest/initramfs.cpio" -append "console=ttyS0" \
		-serial "file:$scratch/console" -serial "file:$wire" \
		-device isa-debug-exit,iobase=0xf4,iosize=1 \
		${disk:+-drive "file=$disk,format=raw,if=none,id=d0,snapshot=on" -device virtio-blk-pci,drive=d0,serial=ext4} &
	until [ -s "$wire" ]; do sleep 0.01; done
	echo $(($(now_ms) - before)) >>"$scratch/plain_first"
	wait $! || true
	echo $(($(now_ms) - before)) >>"$scratch/plain_total"
}

# The workload of first-touch with one thread and a bare loop of stores, in turns in one guest.
bench_touch() {
	for _ in 1 2 3 4 5; do
		"$faultline" run --quiet --kernel patched --test touch-cost --out "$out" >/dev/null
		field "$out/latest/result.json" bare_faults_per_second >>"$scratch/bare_faults"
		ratio "$(field "$out/latest/result.json" touch_permille_of_bare)" 1000 >>"$scratch/touch"
		echo >>"$scratch/touch"
	done
	echo "faults a second, bare loop of stores: $(spread <"$scratch/bare_faults")"
	echo "  the workload of first-touch, as a part of that: $(spread <"$scratch/touch")"
}

# The same configuration and tree, from the packed source to a bzImage, by hand and by faultline; then
# one changed file.
bench_build() {
	# The packed source stays in the cache, as on every machine but the first time; all else goes.
	cache=$scratch/cache
	"$faultline" build --kernel base >"$scratch/base"
	config=$(sed -n 's/^  config *//p' "$scratch/base")
	mkdir -p "$cache/faultline"
	cp -a "${XDG_CACHE_HOME:-$HOME/.cache}/faultline/source.git" "${XDG_CACHE_HOME:-$HOME/.cache}/faultline/states" \
		"$cache/faultline/"
	tree=$scratch/tree
	mkdir "$tree" "$scratch/obj"
	cp "$config" "$scratch/obj/.config"

	before=$(now_ms)
	tar -xf /usr/src/linux-source-6.12.tar.xz -C "$tree" --strip-components=1
	patch -s -d "$tree" -p1 <configs/patches/baseline.patch
	unpacked=$(($(now_ms) - before))
	make -s -C "$tree" O="$scratch/obj" -j"$(nproc)" bzImage modules >/dev/null 2>&1
	bare=$(($(now_ms) - before))
	before=$(now_ms)
	XDG_CACHE_HOME=$cache "$faultline" build --quiet --kernel base >/dev/null
	full=$(($(now_ms) - before))
	bench_one_file
	before=$(now_ms)
	XDG_CACHE_HOME=$cache "$faultline" build --quiet --kernel base >/dev/null
	hit=$(($(now_ms) - before))
	echo "packed source to bzImage, ms: faultline $full, tar and bare make $bare (tar $unpacked)," \
		"ratio $(ratio "$full" "$bare")"
	echo "one changed file to a new bzImage, ms: faultline $(spread <"$scratch/one");" \
		"bare make $(spread <"$scratch/bare_one");" \
		"ratio $(ratio "$(median <"$scratch/one")" "$(median <"$scratch/bare_one")")"
	echo "cache hit, ms: $hit"
}

# mm/memory.c with one more line each time, in turns; faultline also builds the guest's own modules.
bench_one_file() {
	mkdir -p "$scratch/a/mm" "$scratch/b/mm"
	cp "$tree/mm/memory.c" "$scratch/a/mm"
	for line in 1 2 3; do
		echo "/* $line */" >>"$tree/mm/memory.c"
		cp "$tree/mm/memory.c" "$scratch/b/mm"
		before=$(now_ms)
		make -s -C "$tree" O="$scratch/obj" -j"$(nproc)" bzImage modules >/dev/null 2>&1
		echo $(($(now_ms) - before)) >>"$scratch/bare_one"
		(cd "$scratch" && diff -u a/mm/memory.c b/mm/memory.c) >"$scratch/$line.patch" || true
		before=$(now_ms)
		XDG_CACHE_HOME=$cache "$faultline" build --quiet --kernel base --patch "$scratch/$line.patch" >/dev/null
		echo $(($(now_ms) - before)) >>"$scratch/one"
	done
}

# The highest resident size of the harness itself, in KiB.
peak_kib() {
	peak=0
	"$@" >/dev/null 2>&1 &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		size=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' /proc/$pid/status 2>/dev/null || true)
		[ -n "$size" ] && peak=$size
		sleep 0.02
	done
	wait $pid || true
	echo "$peak"
}

# CPU time of a command in ms: what others do on the machine does not count. grep would stop at its
# first match if it saw /dev/null.
cpu_ms() {
	("$@" 2>/dev/null | cat >/dev/null; times) | awk 'NR == 2 {
		gsub(/[ms]/, " ")
		print int(($1 * 60 + $2 + $3 * 60 + $4) * 1000)
	}'
}

# The judge beside one grep -c that looks for the very same expressions.
judge_beside_grep() {
	log=$scratch/log
	size=$(stat -c %s "$log")
	for _ in 1 2 3; do
		cpu_ms "$faultline" judge "$log" >>"$scratch/judged"
		cpu_ms env LC_ALL=C grep -cP "$expressions" "$log" >>"$scratch/grepped"
	done
	echo "judging $1 of $((size / 1000000)) MB, ms of one core: $(spread <"$scratch/judged");" \
		"$((size / 1000 / $(median <"$scratch/judged"))) MB/s," \
		"peak memory $(peak_kib "$faultline" judge "$log") KiB"
	echo "  grep -cP of the same expressions on the same file: $(spread <"$scratch/grepped")"
	rm "$scratch/judged" "$scratch/grepped"
}

repeated() {
	for _ in $(seq "$2"); do cat "$1"; done
}

bench_judge() {
	expressions="^(?:<\d+>)?\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? (?:$(sed -n 's/^match = //p' configs/splats/kernel.rules | paste -sd '|'))"
	seq 1 4000000 | awk '{ printf "[%5d.%06d][    T1] quiet line %d of a long kernel log\n", $1 / 1000, $1 % 1000, $1 }' >"$scratch/part"
	for parts in 1 2 4 8; do
		repeated "$scratch/part" $parts >"$scratch/log"
		judge_beside_grep "a quiet log"
	done
	# Golden logs that are nothing but reports; the banner would make each of them a reboot.
	for name in kasan kcsan lockdep-circular warning soft-lockup bad-page-map slub-bytes oops-survived \
		rss-counter hung-task ubsan list-corruption kfence-uaf rcu-stall; do
		grep -v 'Linux version' "harness/tests/judge-cases/$name/serial.log"
	done >"$scratch/part"
	repeated "$scratch/part" 7000 >"$scratch/log"
	judge_beside_grep "a log full of reports"
	seq 1 1000000 | tr 0-9 a-j | sed 's/.*/[    1.000000] WARNING: CPU: 0 PID: 1 at mm\/x.c:1 &+0x1\/0x2\n[    1.000000] ---[ end trace 0 ]---/' >"$scratch/log"
	judge_beside_grep "a million different reports"
	rm "$scratch/log" "$scratch/part"
}

bench_memory() {
	echo "peak memory of faultline run, KiB: $(peak_kib "$faultline" run --quiet --kernel patched --test vdso-fork --out "$out")"
}

# One short test in many fresh kernels, in turns: each booted, and each restored from one boot.
bench_fork() {
	n=20
	"$faultline" run --quiet --isolate --kernel patched --test shared-retry-shm --out "$out" >/dev/null
	for _ in 1 2 3; do
		for how in --isolate ""; do
			before=$(now_ms)
			"$faultline" run --quiet ${how:+"$how"} --jobs 2 --repeat $n --kernel patched \
				--test shared-retry-shm --out "$out" >/dev/null
			wall=$(($(now_ms) - before))
			echo $((n * 60000 / wall)) >>"$scratch/minute$how"
			sed -n 's/.*"boot_ms": \([0-9.]*\),*$/\1/p' "$out/latest/result.json" >>"$scratch/fork$how"
		done
	done
	# One at a time: nobody waits for the other's vCPUs.
	"$faultline" run --quiet --isolate --repeat $n --kernel patched --test shared-retry-shm --out "$out" >/dev/null
	sed -n 's/.*"boot_ms": \([0-9.]*\),*$/\1/p' "$out/latest/result.json" >"$scratch/alone"
	echo "restore, start of QEMU to the first protocol record, ms:  $(spread <"$scratch/alone")"
	echo "  two at a time:                                          $(spread <"$scratch/fork--isolate")"
	echo "  the same by a boot, two at a time:                      $(spread <"$scratch/fork")"
	echo "runs of a test of 0.2 s in a fresh kernel, a minute:      $(spread <"$scratch/minute--isolate")"
	echo "  the same by a boot:                                     $(spread <"$scratch/minute")"
}

echo "$(nproc) CPUs, $(qemu-system-x86_64 --version | head -n 1)"
for part in $parts; do
	"bench_$part"
done
