/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of a run that was never built: one kernel, a test of ours and a program, one disk. A
 * test changes in it what it is about.
 */
#pragma once

#include "flow/parts.h"
#include "image/disk.h"

enum { FIXTURE_TESTS = 2 };

typedef struct {
	FlPlan plan;
	FlPlanKernel plan_kernel;
	FlRunRequest request;
	FlAccel accel;
	FlKernel built;
	FlPartsKernel kernel;
	FlProgram program;
	FlTest tests[FIXTURE_TESTS];
	FlDisk disk;
	unsigned cpu_counts[2];
	FlParts parts;
} PartsFixture;

static inline void parts_fixture_clear(PartsFixture *fixture)
{
	json_decref(fixture->built.inputs);
	g_ptr_array_unref(fixture->parts.tests);
	g_ptr_array_unref(fixture->parts.kernels);
	g_ptr_array_unref(fixture->parts.disks);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PartsFixture, parts_fixture_clear)

static inline void fixture_put_tests(PartsFixture *fixture)
{
	static char *nothing[] = {NULL}, *command[] = {(char *)"/bin/true", NULL};

	fixture->program = (FlProgram){.name = (char *)"alien", .command = command};
	fixture->tests[0] = (FlTest){.name = (char *)"vma/split", .cpus = 1, .memory_mib = 128};
	fixture->tests[1] = (FlTest){.name = (char *)"alien", .program = &fixture->program};
	fixture->parts.tests = g_ptr_array_new();
	for (unsigned i = 0; i < FIXTURE_TESTS; i++) {
		fixture->tests[i].disks = fixture->tests[i].modules = nothing;
		fixture->tests[i].config = nothing;
		g_ptr_array_add(fixture->parts.tests, &fixture->tests[i]);
	}
}

static inline void fixture_put_kernel(PartsFixture *fixture)
{
	fixture->plan_kernel.name = (char *)"patched";
	fixture->built = (FlKernel){.key = (char *)"k1",
				    .bzimage = (char *)"/k1/bzImage",
				    .bzimage_sha256 = (char *)"feed",
				    .inputs = json_pack("{s:s}", "state", "s1")};
	fixture->kernel = (FlPartsKernel){.plan = &fixture->plan_kernel,
					  .built = &fixture->built,
					  .initramfs = (char *)"/i1"};
	fixture->parts.kernels = g_ptr_array_new();
	g_ptr_array_add(fixture->parts.kernels, &fixture->kernel);
}

/* It borrows from itself, and stays where it is. */
static inline void parts_fixture_init(PartsFixture *fixture)
{
	*fixture = (PartsFixture){
		.plan = {.effort = 1},
		.request = {.plan = &fixture->plan, .timeout_scale = 1, .jobs = 1},
		.accel = {.name = (char *)"tcg",
			  .reason = (char *)"it is there",
			  .qemu_version = (char *)"7.2",
			  .speed_milli = 1000},
		.disk = {.name = (char *)"ext4", .key = (char *)"d1", .sha256 = (char *)"beef"},
		.cpu_counts = {2, 4},
	};
	fixture->parts = (FlParts){.request = &fixture->request,
				   .accel = &fixture->accel,
				   .cpu_counts = fixture->cpu_counts,
				   .n_cpu_counts = 1,
				   .memory_mib = 512};
	fixture_put_tests(fixture);
	fixture_put_kernel(fixture);
	fixture->parts.disks = g_ptr_array_new();
	g_ptr_array_add(fixture->parts.disks, &fixture->disk);
}
