// SPDX-License-Identifier: MIT
#include "thrower.h"
#include <atomic>
#include <string>

static std::atomic<int> ended;
thread_local Counted per_thread;

Trouble::Trouble(int code) : std::runtime_error("trouble " + std::to_string(code)), code(code) {}
Trouble::~Trouble() = default;
Counted::~Counted() { ended++; }

void raise_trouble(int code) { throw Trouble(code); }
int ended_threads() { return ended; }

int caught_inside(void (*thrower)(int), int code)
{
	try {
		thrower(code);
	} catch (const std::exception &e) {
		auto trouble = dynamic_cast<const Trouble *>(&e);
		return trouble ? trouble->code : -1;
	}
	return 0;
}
