// SPDX-License-Identifier: MIT
// Exceptions and thread-local objects between a program and a library (thrower.cc), shared or not, and between threads.
#include "thrower.h"
#include <atomic>
#include <exception>
#include <iostream>
#include <thread>
#include <vector>

struct Worse : Trouble {
	using Trouble::Trouble;
};

static void raise_worse(int code) { throw Worse(code); }

int main()
{
	int caught = 0, thrown_in_thread = 0;
	try {
		raise_trouble(7);
	} catch (const Trouble &trouble) {
		caught = trouble.code;
	}

	std::exception_ptr error;
	std::thread([&] {
		try {
			raise_trouble(8);
		} catch (...) {
			error = std::current_exception();
		}
	}).join();
	try {
		std::rethrow_exception(error);
	} catch (const std::runtime_error &trouble) {
		thrown_in_thread = trouble.what() == std::string("trouble 8");
	}

	std::vector<std::thread> threads;
	std::atomic<int> sum{0};
	for (int i = 1; i <= 4; i++)
		threads.emplace_back([&sum, i] {
			per_thread.value += i;
			std::this_thread::yield();
			sum += per_thread.value;
		});
	for (auto &thread : threads)
		thread.join();
	std::cout << "caught " << caught << " inside " << caught_inside(raise_worse, 9) << " from a thread " << thrown_in_thread << " sum " << sum
		  << " here " << per_thread.value << " ended " << ended_threads() << std::endl;
}
