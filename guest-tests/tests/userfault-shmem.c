// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that userfaultfd sees faults on shared memory in time: in missing, minor and write-protect
 * mode, and in the last also of protected pages that are not mapped yet, or no more after
 * MADV_DONTNEED and reclaim, the event comes before the store can be seen in the file, the thread
 * waits until UFFDIO_COPY, _CONTINUE or _WRITEPROTECT lets it go on, and the store is then there
 * beside the page's other words; of every second page the first access is a load; with one thread and
 * with twice as many as vCPUs that meet at each page. And that a thread that waits there holds no
 * lock: mprotect, munmap, fork and exit finish at once, and so do stores of the child, which nobody
 * watches; that it goes on when the userfaultfd is closed or the range is unregistered; and that the
 * file has as many blocks as pages, also where UFFDIO_COPY had to begin anew.
 *
 * A kernel that maps first and asks later shows the store too early, or maps pages around a load
 * that nobody was asked about; one that waits with a lock held hangs, or the probe driver sees it;
 * one that forgets who waits, or keeps a child registered, leaves a thread asleep for ever.
 */
#include "ft.h"
#include "ft_bounded.h"
#include "ft_disk.h"
#include "ft_map.h"
#include "ft_probe.h"
#include "ft_team.h"
#include "ft_trap.h"
#include "ft_uffd.h"
#include "table.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES	  48
#define WORDS	  (FT_PAGE / sizeof(uint64_t))
#define LIMIT_MS  5000 /* scaled */
#define SWAP_DISK "swap"
#define IN_CHILD  2
#define FEATURES                                                                                  \
	(UFFD_FEATURE_MISSING_SHMEM | UFFD_FEATURE_MINOR_SHMEM | UFFD_FEATURE_PAGEFAULT_FLAG_WP | \
	 UFFD_FEATURE_WP_HUGETLBFS_SHMEM)

enum mode { MISSING, MINOR, PROTECTED, PROTECTED_UNMAPPED, PROTECTED_AWAY, PROTECTED_OUT, MODES };

static const struct {
	const char *name;
	uint64_t registered, flag;
	int advice; /* for the pages once they are protected; 0: none */
} modes[MODES] = {
	[MISSING] = {"missing", UFFDIO_REGISTER_MODE_MISSING, 0, 0},
	[MINOR] = {"minor", UFFDIO_REGISTER_MODE_MINOR, UFFD_PAGEFAULT_FLAG_MINOR, 0},
	[PROTECTED] = {"wp", UFFDIO_REGISTER_MODE_WP, UFFD_PAGEFAULT_FLAG_WP, 0},
	[PROTECTED_UNMAPPED] = {"wp-unmapped", UFFDIO_REGISTER_MODE_WP, UFFD_PAGEFAULT_FLAG_WP, 0},
	[PROTECTED_AWAY] = {"wp-dontneed", UFFDIO_REGISTER_MODE_WP, UFFD_PAGEFAULT_FLAG_WP,
			    MADV_DONTNEED},
	[PROTECTED_OUT] = {"wp-pageout", UFFDIO_REGISTER_MODE_WP, UFFD_PAGEFAULT_FLAG_WP,
			   MADV_PAGEOUT},
};

struct stage;

struct op {
	const char *name;
	void (*run)(void *stage);
	void (*let_go)(const struct stage *stage, size_t page); /* NULL: run did */
	int signum; /* that the waiting thread gets when it is woken */
};

struct shape {
	enum mode mode;
	unsigned threads;
	const struct op *op;
};

struct stage {
	const struct shape *shape;
	struct ft_map map;
	struct ft_map source; /* of UFFDIO_COPY: one page */
	uint64_t seed;
	int uffd;
	int ends[2]; /* a byte for each thread that has come to its end */
	bool resolved[PAGES];
	uint64_t events;
	pthread_t waiting; /* the thread that stores once */
};

static uint64_t word_of(uint64_t seed, size_t page)
{
	uint64_t state = seed + page;

	return fl_wire_random(&state) | 1;
}

static void fill(uint64_t seed, size_t page, uint64_t words[WORDS])
{
	for (size_t i = 0; i < WORDS; i++)
		words[i] = word_of(seed, page);
}

static void command(const struct stage *stage, unsigned long request, void *arg, const char *name)
{
	if (ioctl(stage->uffd, request, arg) < 0)
		ft_fail_errno(name);
}

static void protect(const struct stage *stage, size_t page, size_t pages, uint64_t mode)
{
	struct uffdio_writeprotect wp = {
		.range = {(uintptr_t)stage->map.addr + page * FT_PAGE, pages * FT_PAGE},
		.mode = mode};

	command(stage, UFFDIO_WRITEPROTECT, &wp, "UFFDIO_WRITEPROTECT");
}

static void wake(const struct stage *stage, size_t page)
{
	struct uffdio_range range = {(uintptr_t)stage->map.addr + page * FT_PAGE, FT_PAGE};

	command(stage, UFFDIO_WAKE, &range, "UFFDIO_WAKE");
}

static void resolve(const struct stage *stage, size_t page)
{
	uint64_t at = (uintptr_t)stage->map.addr + page * FT_PAGE;
	struct uffdio_copy copy = {.dst = at, .src = (uintptr_t)stage->source.addr, .len = FT_PAGE};
	struct uffdio_continue go_on = {.range = {at, FT_PAGE}};

	switch (stage->shape->mode) {
	case MISSING:
		fill(stage->seed, page, (uint64_t *)stage->source.addr);
		/* What is not mapped is read in without the lock, and all starts again. */
		if (page / 2 % 2)
			madvise(stage->source.addr, FT_PAGE, MADV_DONTNEED);
		command(stage, UFFDIO_COPY, &copy, "UFFDIO_COPY");
		break;
	case MINOR:
		command(stage, UFFDIO_CONTINUE, &go_on, "UFFDIO_CONTINUE");
		break;
	default:
		protect(stage, page, 1, 0);
	}
}

/* What the pages hold and how they are mapped before the first thread comes. */
static void prepare(struct stage *stage)
{
	enum mode mode = stage->shape->mode;
	uint64_t words[WORDS];

	stage->map = ft_map_new(FT_MEMFD, PAGES);
	stage->source = ft_map_new(FT_ANON, 1);
	stage->seed = ft_stream("userfault-shmem");
	for (size_t page = 0; mode != MISSING && page < PAGES; page++) {
		fill(stage->seed, page, words);
		if (pwrite(stage->map.fd, words, FT_PAGE, (off_t)(page * FT_PAGE)) != FT_PAGE)
			ft_fail_errno("pwrite to a memfd");
		if (mode != MINOR && mode != PROTECTED_UNMAPPED)
			memcpy(stage->map.addr + page * FT_PAGE, words, FT_PAGE);
	}
	if (pipe(stage->ends) < 0)
		ft_fail_errno("pipe");
	stage->uffd =
		ft_uffd_open(stage->map.addr, stage->map.bytes, FEATURES, modes[mode].registered);
	if (modes[mode].registered == UFFDIO_REGISTER_MODE_WP)
		protect(stage, 0, PAGES, UFFDIO_WRITEPROTECT_MODE_WP);
	if (modes[mode].advice &&
	    madvise(stage->map.addr, stage->map.bytes, modes[mode].advice) < 0)
		ft_fail_errno("madvise of protected pages");
}

static void expect_untouched(const struct stage *stage, size_t page)
{
	uint64_t words[WORDS];
	uint64_t expected = stage->shape->mode == MISSING ? 0 : word_of(stage->seed, page);

	ft_map_pread(&stage->map, page, words);
	for (size_t i = 0; i < WORDS; i++)
		if (words[i] != expected)
			ft_fail("word %zu of page %zu was stored to before userfaultfd let it", i,
				page);
}

/* The page; PAGES when the event is gone, since its thread was woken with that of another one. */
static size_t take_event(struct stage *stage)
{
	struct uffd_msg msg;
	ssize_t len = read(stage->uffd, &msg, sizeof(msg));
	size_t page;

	if (len < 0 && errno == EAGAIN)
		return PAGES;
	if (len != (ssize_t)sizeof(msg))
		ft_fail_errno("read of an event");
	if (msg.event != UFFD_EVENT_PAGEFAULT ||
	    (msg.arg.pagefault.flags & (UFFD_PAGEFAULT_FLAG_MINOR | UFFD_PAGEFAULT_FLAG_WP)) !=
		    modes[stage->shape->mode].flag)
		ft_fail("event 0x%x with flags 0x%llx came in %s mode", msg.event,
			(unsigned long long)msg.arg.pagefault.flags,
			modes[stage->shape->mode].name);
	page = (msg.arg.pagefault.address - (uintptr_t)stage->map.addr) / FT_PAGE;
	if (page >= PAGES)
		ft_fail("an event came for an address that is not registered");
	stage->events++;
	return page;
}

/* Of the threads that meet at a page each may have sent an event: the first one counts. */
static void answer_event(struct stage *stage)
{
	size_t page = take_event(stage);

	if (page == PAGES)
		return;
	if (stage->resolved[page]) {
		wake(stage, page);
		return;
	}
	expect_untouched(stage, page);
	resolve(stage, page);
	stage->resolved[page] = true;
}

static void store_all(unsigned index, void *arg)
{
	struct stage *stage = arg;

	for (size_t page = 0; page < PAGES; page++) {
		volatile uint64_t *words = (volatile uint64_t *)(stage->map.addr + page * FT_PAGE);

		if (page % 2)
			(void)words[index];
		words[index] = index + 1;
		if (words[index] != index + 1 || words[WORDS - 1] != word_of(stage->seed, page))
			ft_fail("page %zu does not hold what it should after userfaultfd let the "
				"store go on",
				page);
	}
	if (write(stage->ends[1], "", 1) != 1)
		ft_fail_errno("write to a pipe");
}

static void answer_all(struct stage *stage)
{
	struct pollfd fds[] = {{.fd = stage->uffd, .events = POLLIN},
			       {.fd = stage->ends[0], .events = POLLIN}};
	char byte;

	for (unsigned ended = 0; ended < stage->shape->threads;) {
		if (!ft_limit_poll(fds, 2, LIMIT_MS))
			ft_fail("no event came, and %u of %u threads have not ended", ended,
				stage->shape->threads);
		if (fds[0].revents & POLLIN)
			answer_event(stage);
		if (fds[1].revents & POLLIN && read(stage->ends[0], &byte, 1) == 1)
			ended++;
	}
}

/* A page of the file is as many blocks, however often it was begun. */
static void expect_blocks(const struct stage *stage)
{
	struct stat stat;

	if (fstat(stage->map.fd, &stat) < 0)
		ft_fail_errno("fstat");
	if (stat.st_blocks != PAGES * FT_PAGE / S_BLKSIZE)
		ft_fail("%u pages of a file are %lld blocks of %u bytes", PAGES,
			(long long)stat.st_blocks, S_BLKSIZE);
}

static void verify(const struct stage *stage)
{
	uint64_t words[WORDS];

	for (size_t page = 0; page < PAGES; page++) {
		if (!stage->resolved[page])
			ft_fail("no event came for page %zu", page);
		ft_map_pread(&stage->map, page, words);
		for (size_t i = 0; i < WORDS; i++)
			if (words[i] !=
			    (i < stage->shape->threads ? i + 1 : word_of(stage->seed, page)))
				ft_fail("word %zu of page %zu of the file is not what is due", i,
					page);
	}
}

static void store_and_answer(const void *arg)
{
	struct stage stage = {.shape = arg};
	struct ft_team *team;

	prepare(&stage);
	team = ft_team_new(stage.shape->threads, store_all, &stage);
	ft_team_go(team);
	answer_all(&stage);
	ft_team_wait(team);
	ft_team_free(team);
	ft_probe_expect_unlocked(stage.map.addr, "faults that userfaultfd held up");
	verify(&stage);
	expect_blocks(&stage);
	ft_metric_add("events", stage.events);
	close(stage.uffd);
	ft_map_free(&stage.map);
}

/* ---- what others may do while a thread waits ---- */

static void do_mprotect(void *arg)
{
	const struct stage *stage = arg;

	if (mprotect(stage->map.addr, stage->map.bytes, PROT_READ) < 0)
		ft_fail_errno("mprotect");
}

static void do_munmap(void *arg)
{
	const struct stage *stage = arg;

	if (munmap(stage->map.addr, stage->map.bytes) < 0)
		ft_fail_errno("munmap");
}

static void expect_byte(const struct stage *stage, size_t page, char expected, const char *whose)
{
	char bytes[FT_PAGE];

	ft_map_pread(&stage->map, page, bytes);
	if (bytes[0] != expected)
		ft_fail("page %zu of the file begins with %d, and not with the store of %s", page,
			bytes[0], whose);
}

/* Nobody watches what the child does: its mapping is not registered. */
static void do_fork(void *arg)
{
	const struct stage *stage = arg;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		stage->map.addr[(PAGES - 1) * FT_PAGE] = IN_CHILD;
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		ft_fail_errno("fork");
	if (status != 0)
		ft_fail("a child that stores to the range ended with wait status 0x%x",
			(unsigned)status);
	expect_byte(stage, PAGES - 1, IN_CHILD, "the child");
}

static void do_close(void *arg)
{
	const struct stage *stage = arg;

	if (close(stage->uffd) < 0)
		ft_fail_errno("close");
}

static void do_unregister(void *arg)
{
	const struct stage *stage = arg;
	struct uffdio_range range = {(uintptr_t)stage->map.addr, stage->map.bytes};

	command(stage, UFFDIO_UNREGISTER, &range, "UFFDIO_UNREGISTER");
	/* It is only promised to wake who waits for a missing page. */
	if (stage->shape->mode != MISSING)
		wake(stage, 0);
}

static const struct op ops[] = {
	{"mprotect", do_mprotect, wake, SIGSEGV},
	{"munmap", do_munmap, wake, SIGSEGV},
	{"fork", do_fork, resolve, 0},
	{"close", do_close, NULL, 0},
	{"unregister", do_unregister, NULL, 0},
};
#define OPS (sizeof(ops) / sizeof(*ops))

static void *store_once(void *arg)
{
	struct stage *stage = arg;
	struct ft_trap trap = ft_trap_store(stage->map.addr, 1);

	return (void *)(intptr_t)trap.signum;
}

static void await_event(struct stage *stage)
{
	struct pollfd poll_fd = {.fd = stage->uffd, .events = POLLIN};

	if (!ft_limit_poll(&poll_fd, 1, LIMIT_MS))
		ft_fail("no event came of a store");
	if (take_event(stage) != 0)
		ft_fail("the event of a store is for another page");
}

/* Returns when its event was read. */
static void start_waiting(struct stage *stage)
{
	if (pthread_create(&stage->waiting, NULL, store_once, stage) != 0)
		ft_fail("a thread could not be made");
	await_event(stage);
}

static void end_waiting(void *arg)
{
	const struct stage *stage = arg;
	const struct op *op = stage->shape->op;
	void *signum;

	pthread_join(stage->waiting, &signum);
	if ((int)(intptr_t)signum != op->signum)
		ft_fail("the store that waited during %s ended with signal %d, and not %d",
			op->name, (int)(intptr_t)signum, op->signum);
	if (!op->signum)
		expect_byte(stage, 0, 1, "the thread that waited");
}

static void change_while_waiting(const void *arg)
{
	struct stage stage = {.shape = arg};
	const struct op *op = stage.shape->op;

	prepare(&stage);
	ft_trap_prepare();
	start_waiting(&stage);
	ft_probe_expect_unlocked(stage.map.addr, "a fault that waits for userfaultfd");
	ft_bounded(op->run, &stage, op->name);
	if (op->let_go)
		op->let_go(&stage, 0);
	ft_bounded(end_waiting, &stage, "a store that no longer has to wait");
}

/* In a child: the process ends while its other thread waits in the fault. */
static void end_while_waiting(void *arg)
{
	struct stage stage = {.shape = arg};

	prepare(&stage);
	start_waiting(&stage);
}

static void exit_while_waiting(const void *arg)
{
	struct shape shape = *(const struct shape *)arg;

	ft_bounded_child(end_while_waiting, &shape, "exit while a thread waits for userfaultfd");
}

static void run(const struct ft_test *test)
{
	unsigned many = 2 * ft_cpus() < FT_TEAM_MAX ? 2 * ft_cpus() : FT_TEAM_MAX;

	(void)test;
	ft_probe_need();
	ft_disk_swap_on(SWAP_DISK);
	ft_plan(MODES * (2 + OPS + 1));
	for (int mode = 0; mode < MODES; mode++) {
		struct shape shape = {.mode = (enum mode)mode, .threads = 1};
		const char *name = modes[mode].name;

		ft_case(store_and_answer, &shape, "%s-threads-1", name);
		shape.threads = many;
		ft_case(store_and_answer, &shape, "%s-threads-%u", name, many);
		for (size_t o = 0; o < OPS; o++) {
			shape.op = &ops[o];
			ft_case(change_while_waiting, &shape, "%s-%s", name, ops[o].name);
		}
		ft_case(exit_while_waiting, &shape, "%s-exit", name);
	}
	ft_disk_swap_off(SWAP_DISK);
}

const struct ft_test userfault_shmem = {
	.name = "userfault-shmem",
	.summary = "userfaultfd events on shared memory come before the store, and hold no lock",
	.timeout_ms = 20000,
	.memory_mib = 128,
	.disks = "swap",
	.modules = "fl_probe",
	.config = "CONFIG_USERFAULTFD CONFIG_MEMFD_CREATE CONFIG_MODULES CONFIG_SWAP "
		  "CONFIG_VIRTIO_BLK",
	.run = run,
};
