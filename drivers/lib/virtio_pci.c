/* SPDX-License-Identifier: MIT */
/* virtio over PCI, modern interface (virtio 1.2, 4.1): registers are found through vendor
 * capabilities in configuration space. All that the device says about itself is checked against the
 * sizes of its BARs before it is used. */
#include "lib/virtio.h"
#include "lib/driver.h"
#include "abi/thread.h"
#include "lib/mmio.h"
#include "proto/pci.h"

/* Configuration space. */
enum {
	PCI_STATUS = 0x06,
	PCI_STATUS_CAPABILITIES = 1 << 4,
	PCI_CAPABILITIES = 0x34,
	PCI_CAPABILITY_VENDOR = 9,
	PCI_CAPABILITIES_MAX = 48, /* as many as fit 192 bytes: also ends a list that is a circle */
};

/* struct virtio_pci_cap (4.1.4). */
enum {
	CAP_LENGTH = 2,
	CAP_TYPE = 3,
	CAP_BAR = 4,
	CAP_OFFSET = 8,
	CAP_SIZE = 12,
	CAP_NOTIFY_MULTIPLIER = 16,
	CAP_TYPE_COMMON = 1,
	CAP_TYPE_NOTIFY = 2,
	CAP_TYPE_DEVICE = 4,
};

/* struct virtio_pci_common_cfg (4.1.4.3). */
enum {
	COMMON_DEVICE_FEATURE_SELECT = 0,
	COMMON_DEVICE_FEATURE = 4,
	COMMON_DRIVER_FEATURE_SELECT = 8,
	COMMON_DRIVER_FEATURE = 12,
	COMMON_CONFIG_VECTOR = 16,
	COMMON_STATUS = 20,
	COMMON_GENERATION = 21,
	COMMON_QUEUE_SELECT = 22,
	COMMON_QUEUE_SIZE = 24,
	COMMON_QUEUE_VECTOR = 26,
	COMMON_QUEUE_ENABLE = 28,
	COMMON_QUEUE_NOTIFY = 30,
	COMMON_QUEUE_DESCRIPTORS = 32,
	COMMON_QUEUE_AVAILABLE = 40,
	COMMON_QUEUE_USED = 48,
	COMMON_END = 56,
	VECTOR_NONE = 0xffff,
};

/* Device status (2.1). */
enum {
	STATUS_ACKNOWLEDGE = 1,
	STATUS_DRIVER = 2,
	STATUS_GO = 4,
	STATUS_FEATURES = 8,
	STATUS_NEEDS_RESET = 64,
	STATUS_FAILED = 128,
};

enum { CONFIG_TRIES = 16 }; /* to read a field that does not change meanwhile */

/* --- finding the registers --- */

/* Map BAR `number` if it is not mapped yet. */
static err_t bar_map(struct virtio *virtio, u32 number)
{
	cap_t physical;
	u64 size;

	if (virtio->bar[number].ptr)
		return OK;
	err_t error = pci_bar(virtio->pci, number, &physical, &size);
	if (error)
		return error;
	size = page_round_up(size);
	error = segment_physical(RT_BANK, physical, 0, size, &virtio->bar[number].segment);
	(void)cap_close(physical);
	if (error)
		return error;
	void *ptr = rt_map(virtio->bar[number].segment, 0, size, ACCESS_READ | ACCESS_WRITE);
	if (!ptr) {
		(void)cap_close(virtio->bar[number].segment);
		return E_FUNDS;
	}
	virtio->bar[number].ptr = ptr;
	virtio->bar[number].size = size;
	return OK;
}

/* The registers that the capability at `at` describes. */
static err_t region_find(struct virtio *virtio, u32 at, struct virtio_region *region)
{
	u32 bar, offset, size;
	err_t error;

	if ((error = pci_read(virtio->pci, at + CAP_BAR, 1, &bar)) ||
	    (error = pci_read(virtio->pci, at + CAP_OFFSET, 4, &offset)) ||
	    (error = pci_read(virtio->pci, at + CAP_SIZE, 4, &size)))
		return error;
	if (bar >= VIRTIO_BARS || offset % 4 || !size)
		return E_RANGE;
	if ((error = bar_map(virtio, bar)))
		return error;
	if (!range_fits(offset, size, virtio->bar[bar].size))
		return E_RANGE;
	region->ptr = (volatile u8 *)virtio->bar[bar].ptr + offset;
	region->size = size;
	return OK;
}

/* One vendor capability. A device may have several of a kind: the first that we can use is ours
 * (4.1.4). */
static void capability_use(struct virtio *virtio, u32 at)
{
	u32 length, type;

	if (pci_read(virtio->pci, at + CAP_LENGTH, 1, &length) ||
	    pci_read(virtio->pci, at + CAP_TYPE, 1, &type) || length < CAP_NOTIFY_MULTIPLIER)
		return;
	if (type == CAP_TYPE_COMMON && !virtio->common.ptr)
		(void)region_find(virtio, at, &virtio->common);
	if (type == CAP_TYPE_DEVICE && !virtio->config.ptr)
		(void)region_find(virtio, at, &virtio->config);
	if (type == CAP_TYPE_NOTIFY && !virtio->notify.ptr && length >= CAP_NOTIFY_MULTIPLIER + 4 &&
	    !pci_read(virtio->pci, at + CAP_NOTIFY_MULTIPLIER, 4, &virtio->notify_multiplier))
		(void)region_find(virtio, at, &virtio->notify);
}

static err_t registers_find(struct virtio *virtio)
{
	u32 status, at, id;
	err_t error;

	if ((error = pci_read(virtio->pci, PCI_STATUS, 2, &status)))
		return error;
	if (!(status & PCI_STATUS_CAPABILITIES))
		return E_NOTSUP;
	if ((error = pci_read(virtio->pci, PCI_CAPABILITIES, 1, &at)))
		return error;
	for (u32 i = 0; i < PCI_CAPABILITIES_MAX && (at &= ~3u) != 0; i++) {
		if ((error = pci_read(virtio->pci, at, 1, &id)))
			return error;
		if (id == PCI_CAPABILITY_VENDOR && at <= 256 - CAP_NOTIFY_MULTIPLIER - 4)
			capability_use(virtio, at);
		if ((error = pci_read(virtio->pci, at + 1, 1, &at)))
			return error;
	}
	if (!virtio->common.ptr || virtio->common.size < COMMON_END || !virtio->notify.ptr)
		return E_NOTSUP;
	return OK;
}

err_t virtio_open(struct virtio *virtio, cap_t pci)
{
	*virtio = (struct virtio){ .pci = pci };

	err_t error = registers_find(virtio);
	/* At rest before it may master the bus: it may still be at work for a driver that died. */
	if (!error)
		error = virtio_reset(virtio);
	if (!error)
		error = pci_master(pci, &virtio->dma);
	if (error)
		virtio_close(virtio);
	return error;
}

void virtio_close(struct virtio *virtio)
{
	for (u32 i = 0; i < VIRTIO_BARS; i++) {
		if (!virtio->bar[i].ptr)
			continue;
		rt_unmap(virtio->bar[i].ptr, virtio->bar[i].size);
		(void)cap_close(virtio->bar[i].segment);
	}
	if (virtio->dma)
		(void)cap_close(virtio->dma);
	*virtio = (struct virtio){ 0 };
}

/* --- start and stop --- */

static volatile u8 *common(struct virtio *virtio, u32 offset)
{
	return virtio->common.ptr + offset;
}

static void status_add(struct virtio *virtio, u8 bits)
{
	mmio_write8(common(virtio, COMMON_STATUS),
	            mmio_read8(common(virtio, COMMON_STATUS)) | bits);
}

err_t virtio_reset(struct virtio *virtio)
{
	u64 deadline = rt_now() + VIRTIO_WAIT_NS;

	mmio_write8(common(virtio, COMMON_STATUS), 0);
	/* The reset is complete when the status reads 0 (4.1.4.3.2). */
	while (mmio_read8(common(virtio, COMMON_STATUS))) {
		if (rt_now() > deadline)
			return E_TIMEOUT;
		rt_sleep_until(rt_now() + DRIVER_POLL_NS);
	}
	return OK;
}

static u64 features_offered(struct virtio *virtio)
{
	u64 features = 0;

	for (u32 half = 0; half < 2; half++) {
		mmio_write32(common(virtio, COMMON_DEVICE_FEATURE_SELECT), half);
		features |= (u64)mmio_read32(common(virtio, COMMON_DEVICE_FEATURE)) << (32 * half);
	}
	return features;
}

err_t virtio_agree(struct virtio *virtio, u64 wanted)
{
	status_add(virtio, STATUS_ACKNOWLEDGE);
	status_add(virtio, STATUS_DRIVER);
	virtio->features = features_offered(virtio) & (wanted | VIRTIO_BIT(VIRTIO_VERSION_1));
	if (!(virtio->features & VIRTIO_BIT(VIRTIO_VERSION_1))) {
		status_add(virtio, STATUS_FAILED);
		return E_NOTSUP;
	}
	for (u32 half = 0; half < 2; half++) {
		mmio_write32(common(virtio, COMMON_DRIVER_FEATURE_SELECT), half);
		mmio_write32(common(virtio, COMMON_DRIVER_FEATURE),
		             (u32)(virtio->features >> (32 * half)));
	}
	status_add(virtio, STATUS_FEATURES);
	if (mmio_read8(common(virtio, COMMON_STATUS)) & STATUS_FEATURES)
		return OK;
	status_add(virtio, STATUS_FAILED);
	return E_NOTSUP;
}

/* The largest power of two that device and driver can both do. */
static u16 queue_size(u16 offered)
{
	u16 size = VIRTQUEUE_SIZE_MAX;

	while (size > offered)
		size /= 2;
	return size;
}

static err_t queue_prepare(struct virtio *virtio, u16 number, struct virtqueue *queue)
{
	mmio_write16(common(virtio, COMMON_QUEUE_SELECT), number);
	u16 size = queue_size(mmio_read16(common(virtio, COMMON_QUEUE_SIZE)));
	u64 doorbell =
	        (u64)mmio_read16(common(virtio, COMMON_QUEUE_NOTIFY)) * virtio->notify_multiplier;
	if (!size)
		return E_NXIO;
	if (!range_fits(doorbell, sizeof(u16), virtio->notify.size))
		return E_RANGE;
	if (queue->memory.ptr && queue->size == size) {
		virtqueue_clear(queue);
	} else {
		virtqueue_destroy(queue);
		err_t error = virtqueue_create(queue, virtio->dma, size);
		if (error)
			return error;
	}
	queue->number = number;
	queue->doorbell = virtio->notify.ptr + doorbell;
	return OK;
}

err_t virtio_queue_start(struct virtio *virtio, u16 number, u16 vector, struct virtqueue *queue)
{
	err_t error = queue_prepare(virtio, number, queue);
	if (error)
		return error;
	mmio_write16(common(virtio, COMMON_CONFIG_VECTOR), VECTOR_NONE);
	mmio_write16(common(virtio, COMMON_QUEUE_SIZE), queue->size);
	mmio_write16(common(virtio, COMMON_QUEUE_VECTOR), vector);
	/* It reads VECTOR_NONE if the device could not take it (4.1.5.1.2). */
	if (mmio_read16(common(virtio, COMMON_QUEUE_VECTOR)) != vector)
		return E_NXIO;
	mmio_write64_halves(common(virtio, COMMON_QUEUE_DESCRIPTORS), queue->memory.addr);
	mmio_write64_halves(common(virtio, COMMON_QUEUE_AVAILABLE),
	                    virtqueue_available_addr(queue));
	mmio_write64_halves(common(virtio, COMMON_QUEUE_USED), virtqueue_used_addr(queue));
	mmio_write16(common(virtio, COMMON_QUEUE_ENABLE), 1);
	return OK;
}

void virtio_go(struct virtio *virtio) { status_add(virtio, STATUS_GO); }

void virtio_notify(struct virtio *virtio, struct virtqueue *queue)
{
	(void)virtio;
	mmio_write16(queue->doorbell, queue->number);
}

bool virtio_broken(struct virtio *virtio)
{
	/* A device that is gone reads as all ones, which has that bit too. */
	return mmio_read8(common(virtio, COMMON_STATUS)) & STATUS_NEEDS_RESET;
}

/* One field, by accesses of its natural width (4.1.3.1). */
static u64 config_field(struct virtio *virtio, u32 offset, u32 width)
{
	const volatile u8 *field = virtio->config.ptr + offset;

	switch (width) {
	case 1:
		return mmio_read8(field);
	case 2:
		return mmio_read16(field);
	case 4:
		return mmio_read32(field);
	default:
		return mmio_read32(field) | (u64)mmio_read32(field + 4) << 32;
	}
}

err_t virtio_config_read(struct virtio *virtio, u32 offset, u32 width, u64 *value)
{
	if (!virtio->config.ptr || !range_fits(offset, width, virtio->config.size))
		return E_RANGE;
	for (u32 i = 0; i < CONFIG_TRIES; i++) {
		u8 generation = mmio_read8(common(virtio, COMMON_GENERATION));
		*value = config_field(virtio, offset, width);
		if (mmio_read8(common(virtio, COMMON_GENERATION)) == generation)
			return OK;
	}
	return E_IO;
}
