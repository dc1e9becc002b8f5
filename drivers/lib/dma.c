/* SPDX-License-Identifier: MIT */
#include "lib/dma.h"
#include "abi/thread.h"
#include "rt/rt.h"

#include <string.h>

static err_t dma_map(struct dma *dma, cap_t right)
{
	dma->ptr = rt_map(dma->segment, 0, dma->size, ACCESS_READ | ACCESS_WRITE);
	if (!dma->ptr)
		return E_FUNDS;
	/* Touched first: a page has an address only when it is resident. */
	memset(dma->ptr, 0, dma->size);
	err_t error = segment_address(dma->segment, right, 0, &dma->addr);
	if (error) {
		rt_unmap(dma->ptr, dma->size);
		dma->ptr = NULL;
	}
	return error;
}

err_t dma_create(struct dma *dma, cap_t right, size_t size)
{
	*dma = (struct dma){ .size = page_round_up(size) };

	err_t error = dma->size == PAGE_SIZE
	                      ? segment_create(RT_BANK, dma->size, SEGMENT_COMMITTED, &dma->segment)
	                      : segment_contiguous(RT_BANK, right, dma->size, &dma->segment);
	if (error)
		return error;
	error = dma_map(dma, right);
	if (error)
		(void)cap_close(dma->segment);
	return error;
}

void dma_destroy(struct dma *dma)
{
	if (!dma->ptr)
		return;
	rt_unmap(dma->ptr, dma->size);
	(void)cap_close(dma->segment);
	*dma = (struct dma){ 0 };
}
