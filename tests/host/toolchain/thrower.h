// SPDX-License-Identifier: MIT
// A library that throws and catches, for programs on the other side of it.
#pragma once
#include <stdexcept>

struct Trouble : std::runtime_error {
	explicit Trouble(int code);
	~Trouble() override;
	int code;
};

struct Counted {
	~Counted();
	int value = 0;
};

extern thread_local Counted per_thread;
[[noreturn]] void raise_trouble(int code);
int caught_inside(void (*thrower)(int), int code); // 0 if nothing is caught
int ended_threads();
