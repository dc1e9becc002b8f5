// SPDX-License-Identifier: MIT
// Threads, exceptions and streams of libstdc++, which lose themselves silently when it is built wrongly.
#include <filesystem>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

int main()
{
	std::mutex mutex;
	std::vector<std::thread> threads;
	int sum = 0;
	for (int i = 1; i <= 4; i++)
		threads.emplace_back([&, i] {
			std::lock_guard<std::mutex> guard(mutex);
			sum += i;
		});
	for (auto &thread : threads)
		thread.join();
	std::ostringstream caught;
	try {
		std::map<int, int>().at(1);
	} catch (const std::out_of_range &) {
		caught << "out of range";
	}
	std::cout << "sum " << sum << " caught " << caught.str() << " folder " << std::filesystem::is_directory("/") << std::endl;
}
