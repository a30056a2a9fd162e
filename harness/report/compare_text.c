// SPDX-License-Identifier: GPL-2.0-only
/*
 * A comparison in words. The verdict is the last thing said, with the pair of runs that shows it.
 */
#include "report/compare_text.h"

#include "base/json.h"
#include "report/text.h"

#include <math.h>

static const FlCompareRow *row_at(const FlCompareText *text, guint i)
{
	return g_ptr_array_index(text->rows, i);
}

static const char *change_word(const FlCompareRow *row)
{
	switch (row->change) {
	case FL_COMPARE_SAME:
		return "same";
	case FL_COMPARE_IN_BOTH:
		return "in both";
	case FL_COMPARE_UNSURE:
		return "unsure";
	case FL_COMPARE_NEW:
		return "new";
	case FL_COMPARE_FIXED:
		return "fixed";
	case FL_COMPARE_MOVED:
		break;
	}
	return row->is_worse ? "worse" : row->is_better ? "better" : "moved";
}

/* ---- the rows ---- */

static void append_rate(GString *out, unsigned seen, const FlCompareRow *row, FlInterval interval)
{
	g_string_append_printf(out, "%u of %u (%.0f to %.0f %%)", seen, row->pairs->len,
			       100 * interval.low, 100 * interval.high);
}

static void append_rates(GString *out, const FlCompareRow *row)
{
	append_rate(out, row->a_seen, row, row->a_interval);
	g_string_append(out, ", then ");
	append_rate(out, row->b_seen, row, row->b_interval);
}

static void append_number(GString *out, double number)
{
	g_string_append_printf(out, number < 100 && number != floor(number) ? "%.2f" : "%.0f",
			       number);
}

/* Four digits, and never as 1.2e+04. */
static void append_ratio(GString *out, double ratio)
{
	g_string_append_printf(out, ratio < 1000 ? "%.4g" : "%.0f", ratio);
}

static void append_metric(GString *out, const FlCompareRow *row)
{
	append_number(out, row->a);
	g_string_append(out, " -> ");
	append_number(out, row->b);
	g_string_append(out, ", times ");
	append_ratio(out, row->ratio);
	g_string_append(out, " (");
	append_ratio(out, row->ratio_interval.low);
	g_string_append(out, " to ");
	append_ratio(out, row->ratio_interval.high);
	g_string_append_c(out, ')');
}

static void append_row(GString *out, const FlCompareRow *row)
{
	g_autofree char *name = fl_text_plain(row->name);
	g_autofree char *detail =
		fl_text_plain(row->what == FL_COMPARE_METRIC ? row->detail : NULL);
	g_autofree char *label = g_strdup_printf("%s%s%s", name, *detail ? " " : "", detail);

	g_string_append_printf(out, "  %-8s %-44s ", change_word(row), label);
	if (!row->pairs->len)
		g_string_append(out, "no pair told");
	else if (row->what == FL_COMPARE_METRIC)
		append_metric(out, row);
	else
		append_rates(out, row);
	g_string_append_c(out, '\n');
}

static bool is_news(const FlCompareRow *row)
{
	return row->change != FL_COMPARE_SAME && row->what != FL_COMPARE_GUEST;
}

/* One kind of rows below its heading; returns how many stayed unsaid. */
static unsigned append_kind(GString *out, const FlCompareText *text, FlCompareWhat what,
			    const char *heading, bool all)
{
	unsigned said = 0, unsaid = 0;

	for (guint i = 0; i < text->rows->len; i++) {
		const FlCompareRow *row = row_at(text, i);

		if (row->what != what)
			continue;
		if (!all && !is_news(row)) {
			unsaid++;
			continue;
		}
		if (!said++)
			g_string_append_printf(out, "%s\n", heading);
		append_row(out, row);
	}
	return unsaid;
}

/* ---- the verdict ---- */

static unsigned count(const FlCompareText *text, FlCompareWhat what, FlCompareChange change)
{
	unsigned n = 0;

	for (guint i = 0; i < text->rows->len; i++)
		n += row_at(text, i)->what == what && row_at(text, i)->change == change;
	return n;
}

static const FlCompareRow *first_worse(const FlCompareText *text)
{
	const FlCompareRow *found = NULL;

	/* The guest as a whole says least: only where nothing else does. */
	for (guint i = 0; i < text->rows->len; i++)
		if (row_at(text, i)->is_worse && (!found || found->what == FL_COMPARE_GUEST))
			found = row_at(text, i);
	return found;
}

static unsigned count_worse(const FlCompareText *text)
{
	unsigned n = 0;

	for (guint i = 0; i < text->rows->len; i++)
		n += row_at(text, i)->is_worse && row_at(text, i)->what != FL_COMPARE_GUEST;
	return n;
}

static void append_worse(GString *out, const FlCompareText *text)
{
	const FlCompareRow *row = first_worse(text);
	g_autofree char *name = fl_text_plain(row->name);
	unsigned others = count_worse(text);

	g_string_append_printf(out, "FAIL: %s is worse than %s: %s", text->b, text->a, name);
	if (row->what == FL_COMPARE_METRIC)
		g_string_append_printf(out, " %s is %.4g times as much", row->detail, row->ratio);
	else
		g_string_append_printf(out, " in %u of %u guests, before in %u of %u", row->b_seen,
				       row->pairs->len, row->a_seen, row->pairs->len);
	if (others > 1)
		g_string_append_printf(out, ", and %u more", others - 1);
	g_string_append_c(out, '\n');
}

static void append_not_worse(GString *out, const FlCompareText *text)
{
	unsigned unsure = count(text, FL_COMPARE_TEST, FL_COMPARE_UNSURE) +
			  count(text, FL_COMPARE_SPLAT, FL_COMPARE_UNSURE);

	g_string_append_printf(
		out, "PASS: nothing is shown to be worse on %s than on %s: %u tests fixed", text->b,
		text->a, count(text, FL_COMPARE_TEST, FL_COMPARE_FIXED));
	g_string_append_printf(out, ", %u metrics moved",
			       count(text, FL_COMPARE_METRIC, FL_COMPARE_MOVED));
	if (unsure)
		g_string_append_printf(
			out, "; %u differences may be chance, more --repeat would tell", unsure);
	g_string_append_c(out, '\n');
}

static void append_verdict(GString *out, const FlCompareText *text)
{
	if (!text->told)
		g_string_append_printf(out, "BROKEN: in none of %u pairs did both guests tell\n",
				       text->pairs);
	else if (fl_compare_is_worse(text->rows))
		append_worse(out, text);
	else
		append_not_worse(out, text);
}

/* The newest pair: it has whatever is always there. */
static void append_evidence(GString *out, const FlCompareText *text)
{
	guint n = text->evidence->len;

	if (n >= 2)
		g_string_append_printf(out, "evidence: %s and %s, the last of %u pairs\n",
				       (char *)g_ptr_array_index(text->evidence, n - 2),
				       (char *)g_ptr_array_index(text->evidence, n - 1), n / 2);
	g_string_append_printf(out, "again:    %s\n", text->command);
}

char *fl_compare_text_live(const FlCompareText *text, unsigned wanted)
{
	if (text->told < FL_COMPARE_PAIRS_MIN)
		return g_strdup_printf("pair %u of at most %u; nothing is told before %u",
				       text->pairs, wanted, FL_COMPARE_PAIRS_MIN);
	return g_strdup_printf("pair %u of at most %u: %u tests and %u metrics differ", text->pairs,
			       wanted,
			       count(text, FL_COMPARE_TEST, FL_COMPARE_FIXED) +
				       count(text, FL_COMPARE_TEST, FL_COMPARE_NEW) +
				       count(text, FL_COMPARE_TEST, FL_COMPARE_MOVED),
			       count(text, FL_COMPARE_METRIC, FL_COMPARE_MOVED));
}

char *fl_compare_text(const FlCompareText *text, bool all)
{
	GString *out = g_string_new(NULL);
	unsigned tests, metrics;

	g_string_append_printf(out, "from %s to %s, %u pairs of guests%s\n", text->a, text->b,
			       text->pairs, text->is_clear ? "; more would not say more" : "");
	tests = append_kind(out, text, FL_COMPARE_TEST, "tests, by how many fail", all);
	append_kind(out, text, FL_COMPARE_SPLAT, "splats, by how many guests print them", all);
	metrics = append_kind(out, text, FL_COMPARE_METRIC, "metrics, by their medians", all);
	if (tests || metrics)
		g_string_append_printf(
			out, "no difference shown: %u tests, %u metrics (--verbose lists them)\n",
			tests, metrics);
	g_string_append_printf(out,
			       "of the differences told at most %.3g %% are expected to be "
			       "chance; each interval holds 95 %%\n",
			       100 * (1 - text->confidence));
	if (text->shares_cpus)
		g_string_append(out, "latencies are told and not judged: there are more vCPUs than "
				     "CPUs, and they wait for each other (see --cpus)\n");
	append_verdict(out, text);
	append_evidence(out, text);
	return g_string_free(out, FALSE);
}

/* ---- JSON ---- */

static json_t *interval_json(FlInterval interval)
{
	return json_pack("[f, f]", interval.low, interval.high);
}

static const char *what_word(FlCompareWhat what)
{
	static const char *const words[] = {"guest", "test", "splat", "metric"};

	return words[what];
}

static void add_rates(json_t *json, const FlCompareRow *row)
{
	json_object_set_new(json, "a_seen", json_integer(row->a_seen));
	json_object_set_new(json, "b_seen", json_integer(row->b_seen));
	json_object_set_new(json, "a_interval", interval_json(row->a_interval));
	json_object_set_new(json, "b_interval", interval_json(row->b_interval));
}

static void add_metric(json_t *json, const FlCompareRow *row)
{
	json_object_set_new(json, "a_median", json_real(row->a));
	json_object_set_new(json, "b_median", json_real(row->b));
	json_object_set_new(json, "ratio", json_real(row->ratio));
	json_object_set_new(json, "ratio_interval", interval_json(row->ratio_interval));
}

static json_t *row_json(const FlCompareRow *row)
{
	json_t *json = json_object();

	json_object_set_new(json, "what", json_string(what_word(row->what)));
	json_object_set_new(json, "name", fl_json_string(row->name));
	json_object_set_new(json, row->what == FL_COMPARE_SPLAT ? "signature" : "metric",
			    fl_json_string_or_null(row->detail));
	json_object_set_new(json, "change", json_string(change_word(row)));
	json_object_set_new(json, "worse", json_boolean(row->is_worse));
	json_object_set_new(json, "better", json_boolean(row->is_better));
	json_object_set_new(json, "pairs", json_integer(row->pairs->len));
	json_object_set_new(json, "strength", json_real(row->strength));
	if (row->what != FL_COMPARE_METRIC)
		add_rates(json, row);
	else if (row->pairs->len)
		add_metric(json, row);
	return json;
}

static json_t *evidence_json(const FlCompareText *text)
{
	json_t *pairs = json_array();

	for (guint i = 0; i + 1 < text->evidence->len; i += 2)
		json_array_append_new(
			pairs, json_pack("{s:o, s:o}", "a",
					 fl_json_string(g_ptr_array_index(text->evidence, i)), "b",
					 fl_json_string(g_ptr_array_index(text->evidence, i + 1))));
	return pairs;
}

json_t *fl_compare_text_json(const FlCompareText *text)
{
	json_t *rows = json_array();

	for (guint i = 0; i < text->rows->len; i++)
		json_array_append_new(rows, row_json(row_at(text, i)));
	return json_pack("{s:i, s:o, s:o, s:b, s:i, s:i, s:b, s:f, s:o, s:o, s:o}", "schema", 1,
			 "a", fl_json_string(text->a), "b", fl_json_string(text->b), "worse",
			 fl_compare_is_worse(text->rows), "pairs", (int)text->pairs, "told",
			 (int)text->told, "stopped_early", text->is_clear, "confidence",
			 text->confidence, "rows", rows, "evidence", evidence_json(text), "command",
			 fl_json_string(text->command));
}
