// Where secrets lie.
//
// `sodium_malloc` gives each allocation its own locked pages between guard pages: 26 us, some four
// kernel mappings (of 65,530 a process may have) and a page of locked memory (of 8 MiB) for every
// secret. A broker with ten thousand sessions would run out of both. So the arena takes chunks from
// `sodium_malloc` and cuts them into slots of fixed sizes.
//
// 1. A slot is zero when it is taken and zeroed when it is given back.
// 2. A chunk is never returned: secrets come and go, chunks are few.
// 3. A secret larger than the largest slot gets an allocation of its own.
// 4. Where the kernel locks no more (RLIMIT_MEMLOCK), secrets are kept all the same: never in a core,
//    zeroed when they go, but in memory that may be swapped. That is noted, for a warning.

internal import CSodium
internal import Synchronization

/// Slots of guarded memory. One per process: it is memory, not state.
final class SecretArena: Sendable {
  static let shared = SecretArena()

  /// A place for one secret. `size` is 0 for an allocation of its own.
  /// Safe to hold; only reading `start` is not.
  @safe
  struct Slot: @unchecked Sendable {
    let start: UnsafeMutablePointer<UInt8>
    let size: Int
  }

  private static let chunkSize = 64 * 1024
  private static let slotSizes = [64, 256, 1024, 1536, 2560, 4096]

  /// Free slots by size, behind a lock: secrets are made and dropped on any thread.
  private let free = Mutex<[Int: [Slot]]>([:])

  private let unlocked = Atomic<Int>(0)

  /// How many bytes were ever taken that the kernel would not lock.
  var unlockedBytes: Int { unlocked.load(ordering: .relaxed) }

  func take(_ count: Int) -> Slot {
    guard let size = Self.slotSizes.first(where: { $0 >= count }) else {
      return unsafe Slot(start: allocate(count), size: 0)
    }
    return free.withLock { free in
      if let slot = free[size]?.popLast() { return slot }
      let chunk = unsafe allocate(Self.chunkSize)
      free[size] = stride(from: size, through: Self.chunkSize - size, by: size).map {
        unsafe Slot(start: chunk + $0, size: size)
      }
      return unsafe Slot(start: chunk, size: size)
    }
  }

  func give(back slot: Slot) {
    if slot.size == 0 {
      unsafe sodium_free(slot.start)  // zeroes it first
    } else {
      unsafe sodium_memzero(slot.start, slot.size)
      free.withLock { free in free[slot.size, default: []].append(slot) }
    }
  }

  /// Zeroed guarded memory. Running out of memory ends the process, as everywhere in Swift.
  private func allocate(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    Sodium.ready()
    guard let start = unsafe sodium_malloc(count) else {
      preconditionFailure("no memory left for a secret")
    }
    // `sodium_malloc` has tried and does not say how that went. What is locked already costs nothing.
    if unsafe sodium_mlock(start, count) != 0 { unlocked.add(count, ordering: .relaxed) }
    unsafe sodium_memzero(start, count)
    return unsafe start.assumingMemoryBound(to: UInt8.self)
  }
}
