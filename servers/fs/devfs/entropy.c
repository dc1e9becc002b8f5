/* SPDX-License-Identifier: MIT */
/* The one file of devfs that knows the processor. */
#include "entropy.h"

#include <cpuid.h>
#include <string.h>
#include <x86intrin.h>

#include "rt/rt.h"

enum { START_SAMPLES = 64, HARDWARE_TRIES = 10, WALK_SIZE = 16384, WALK_STRIDE = 577 };

struct sample {
	u64 ticks, hardware, realtime, now;
};

/* CPUID leaf 7, EBX bit 18; leaf 1, ECX bit 30 (Intel SDM, volume 2A, CPUID). */
static bool cpu_has_seed(void)
{
	unsigned a, b = 0, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 18 & 1);
}

static bool cpu_has_random(void)
{
	unsigned a, b, c = 0, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c >> 30 & 1);
}

__attribute__((target("rdseed"))) static bool hardware_seed(u64 *value)
{
	unsigned long long seed;

	for (int i = 0; i < HARDWARE_TRIES; i++) {
		if (_rdseed64_step(&seed)) {
			*value = seed;
			return true;
		}
	}
	return false;
}

__attribute__((target("rdrnd"))) static bool hardware_random(u64 *value)
{
	unsigned long long random;

	for (int i = 0; i < HARDWARE_TRIES; i++) {
		if (_rdrand64_step(&random)) {
			*value = random;
			return true;
		}
	}
	return false;
}

/* 0 if the processor has none: the other parts of a sample must do then. */
static u64 hardware_value(void)
{
	static bool asked, has_seed, has_random;
	u64 value = 0;

	if (!asked) {
		has_seed = cpu_has_seed();
		has_random = cpu_has_random();
		asked = true;
	}
	if (has_seed && hardware_seed(&value))
		return value;
	if (has_random && hardware_random(&value))
		return value;
	return 0;
}

static struct sample sample_take(void)
{
	return (struct sample){ .ticks = __rdtsc(),
		                .hardware = hardware_value(),
		                .realtime = rt_realtime(),
		                .now = rt_now() };
}

/* Memory accesses whose time depends on what else goes on. */
static u64 memory_walk(u64 at)
{
	static volatile u8 memory[WALK_SIZE];

	for (int i = 0; i < START_SAMPLES; i++) {
		at = (at + WALK_STRIDE + memory[at % WALK_SIZE]) % WALK_SIZE;
		memory[at] = (u8)(memory[at] + 1);
	}
	return at;
}

void entropy_start(struct random *random)
{
	struct sample sample;
	u64 at = 0;

	memset(random, 0, sizeof(*random));
	for (int i = 0; i < START_SAMPLES; i++) {
		sample = sample_take();
		at = memory_walk(at + (u8)sample.ticks);
		random_mix(random, &sample, sizeof(sample));
	}
}

void entropy_add(struct random *random)
{
	struct sample sample = sample_take();

	random_mix(random, &sample, sizeof(sample));
}
