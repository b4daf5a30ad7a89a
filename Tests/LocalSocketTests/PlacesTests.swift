// How many connections there may be, and that those who come too many are told so.

import Glibc
import JSON
import Synchronization
import Testing

@testable import LocalSocket

@Suite("Places for connections")
struct PlacesTests {
  @Test("some descriptors are kept from all callers, and a quarter of the rest from each")
  func counts() {
    #expect(ConnectionPlaces(descriptors: 1024).total == 976)
    #expect(ConnectionPlaces(descriptors: 1024).perUID == 732)
    #expect(ConnectionPlaces(descriptors: 52).total == 4)
    #expect(ConnectionPlaces(descriptors: 52).perUID == 3)
    for descriptors in [-1, 0, 10, 49] {
      #expect(ConnectionPlaces(descriptors: descriptors).total == 1)
      #expect(ConnectionPlaces(descriptors: descriptors).perUID == 1)
    }
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    #expect(ConnectionPlaces.ours.total <= Int(clamping: limit.rlim_cur))
  }

  private func expectRefused(_ path: String, _ words: String) throws {
    let caller = try Caller(path)
    let answer = try #require(try caller.answer())
    #expect(answer["id"] == .null)
    #expect(answer["error"]?["code"] == -32012)
    #expect(answer["error"]?["data"]?["reason"] == "quota_exceeded")
    #expect(answer["error"]?["message"]?.string?.contains(words) == true)
    #expect(try caller.answer() == nil)
  }

  @Test("one uid has three quarters, and whoever leaves makes room")
  func oneUID() async throws {
    try await withServer(places: ConnectionPlaces(descriptors: 52)) { path, service in
      var events = service.events.makeAsyncIterator()
      var callers: [Caller] = []
      for _ in 0..<3 {
        callers.append(try Caller(path))
        #expect(try callers.last?.isUsable() == true)
      }
      try expectRefused(path, "this uid has 3 connections")
      #expect(try callers.allSatisfy { try $0.isUsable() })
      callers.removeLast()
      while let event = await events.next() {
        if case .closed = event { break }
      }
      #expect(try Caller(path).isUsable())
    }
  }

  @Test("all of them together have no more than there are")
  func all() async throws {
    let accepted = Mutex(UInt32(0))
    try await withServer(
      places: ConnectionPlaces(descriptors: 52),
      readPeer: { _ in
        let number = accepted.withLock { number in
          number += 1
          return number
        }
        return PeerCredentials(pid: 7, uid: 1000 + number % 3, gid: 7, groups: [])
      }
    ) { path, _ in
      var callers: [Caller] = []
      for _ in 0..<4 {
        callers.append(try Caller(path))
        #expect(try callers.last?.isUsable() == true)
      }
      try expectRefused(path, "the broker has 4 connections")
      #expect(try callers.allSatisfy { try $0.isUsable() })
    }
  }
}
