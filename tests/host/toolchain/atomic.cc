// SPDX-License-Identifier: MIT
// Two words changed at once, by a function of libatomic.
#include <atomic>
#include <iostream>
#include <thread>

struct Pair {
	long first, second;
};

int main()
{
	std::atomic<Pair> pair{Pair{0, 0}};
	auto add = [&] {
		for (int i = 0; i < 1000; i++) {
			Pair old = pair.load();
			while (!pair.compare_exchange_weak(old, Pair{old.first + 1, old.second - 1}))
				;
		}
	};
	std::thread one(add), other(add);
	one.join();
	other.join();
	std::cout << "pair " << pair.load().first << " " << pair.load().second << std::endl;
}
