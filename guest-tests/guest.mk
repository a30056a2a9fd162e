# SPDX-License-Identifier: GPL-2.0-only
#
# The guest's programs: static, and the same bytes wherever and whenever they are built.
# Needs BUILD and CC of the Makefile that includes it.

GUEST_OUT    := $(BUILD)/guest
GUEST_CFLAGS := -std=gnu17 -O2 -pthread -D_GNU_SOURCE -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes \
	-Wstrict-prototypes -Wpointer-arith -Wformat=2 -Wundef -Wwrite-strings -Wno-missing-field-initializers \
	-ffile-prefix-map=$(CURDIR)/= -frandom-seed=faultline \
	-Iguest-tests/include -Iguest-tests/lib -Iguest-tests/modules
GUEST_LDFLAGS := -static -pthread -s -Wl,--build-id=none

GUEST_INIT_OBJS := $(patsubst guest-tests/%.c,$(GUEST_OUT)/obj/%.o,$(sort $(wildcard guest-tests/init/*.c)))
GUEST_TEST_OBJS := $(patsubst guest-tests/%.c,$(GUEST_OUT)/obj/%.o,\
	$(sort $(wildcard guest-tests/lib/*.c) $(wildcard guest-tests/tests/*.c)))

guest: $(GUEST_OUT)/init $(GUEST_OUT)/ft-tests $(GUEST_OUT)/manifest

$(GUEST_OUT)/obj/%.o: guest-tests/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

$(GUEST_OUT)/init: $(GUEST_INIT_OBJS)
	$(call say,LD,$@)$(CC) $(GUEST_LDFLAGS) -o $@ $^

$(GUEST_OUT)/ft-tests: $(GUEST_TEST_OBJS)
	$(call say,LD,$@)$(CC) $(GUEST_LDFLAGS) -o $@ $^

$(GUEST_OUT)/manifest: $(GUEST_OUT)/ft-tests
	$(call say,GEN,$@)$< --manifest > $@

-include $(GUEST_INIT_OBJS:.o=.d) $(GUEST_TEST_OBJS:.o=.d)
