// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the object alone, as it is kept: the kind, what is not known, the tasks, the vCPUs.
 */
#include "report/autopsy_text.h"

#include <glib.h>

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "?";
}

static void append_frames(GString *out, const json_t *object)
{
	const json_t *frame;
	size_t i;

	json_array_foreach(json_object_get(object, "frames"), i, frame) {
		g_string_append_printf(out, "      %s\n", json_string_value(frame));
	}
}

static void append_tasks(GString *out, const json_t *tasks)
{
	const json_t *task;
	size_t i;

	json_array_foreach(tasks, i, task) {
		const json_t *lock = json_object_get(task, "lock");

		g_string_append_printf(out, "\ntask %s, state %s\n", text_of(task, "task"),
				       text_of(task, "state"));
		if (json_is_object(lock))
			g_string_append_printf(out, "    waits for %s (%s at %s), %s\n",
					       text_of(lock, "name"), text_of(lock, "kind"),
					       text_of(lock, "address"), text_of(lock, "held"));
		if (json_is_string(json_object_get(lock, "taken_in")))
			g_string_append_printf(out, "    taken in %s\n", text_of(lock, "taken_in"));
		append_frames(out, task);
	}
}

static void append_looks(GString *out, const json_t *looks)
{
	const json_t *place;
	size_t i;

	if (json_array_size(looks) < 2)
		return;
	g_string_append_printf(out, "    at %zu looks in", json_array_size(looks));
	json_array_foreach(looks, i, place) {
		g_string_append_printf(out, "%s %s", i ? "," : "", json_string_value(place));
	}
	g_string_append_c(out, '\n');
}

static void append_vcpus(GString *out, const json_t *vcpus)
{
	const json_t *vcpu;
	size_t i;

	json_array_foreach(vcpus, i, vcpu) {
		const json_t *ms = json_object_get(vcpu, "host_ms");

		g_string_append_printf(out, "\nvCPU %d: %s, task %s",
				       (int)json_integer_value(json_object_get(vcpu, "cpu")),
				       text_of(vcpu, "does"), text_of(vcpu, "task"));
		if (json_is_integer(ms))
			g_string_append_printf(out,
					       ", %d ms of the host's time while it was watched",
					       (int)json_integer_value(ms));
		g_string_append_c(out, '\n');
		append_looks(out, json_object_get(vcpu, "looks"));
		append_frames(out, vcpu);
	}
}

char *fl_autopsy_text(const json_t *autopsy)
{
	GString *out = g_string_new(NULL);
	const json_t *sentence;
	size_t i;

	g_string_printf(out, "%s: %s\nLooked at because %s.\n", text_of(autopsy, "kind"),
			text_of(autopsy, "sentence"), text_of(autopsy, "why"));
	json_array_foreach(json_object_get(autopsy, "unknown"), i, sentence) {
		g_string_append_printf(out, "Not known: %s\n", json_string_value(sentence));
	}
	append_tasks(out, json_object_get(autopsy, "tasks"));
	append_vcpus(out, json_object_get(autopsy, "vcpus"));
	return g_string_free(out, FALSE);
}
