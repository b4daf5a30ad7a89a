import Foundation
import Testing

@testable import TokenBroker

@Suite("When tokens are refreshed")
struct RefreshScheduleTests {
  private func due(_ lifetime: Double, _ ahead: Double, _ chance: Double = 0) -> Double {
    lifetime - RefreshSchedule.notice(lifetime: lifetime, ahead: ahead, chance: chance)
  }

  @Test("at the configured share of the lifetime, spread by a tenth of that")
  func share() {
    #expect(due(3600, 0.2) == 2880)
    #expect(due(3600, 0.2, 0.5) == 2844)
    #expect((2808...2880).contains(due(3600, 0.2, 0.999)))
    #expect(due(86400, 0.5) == 43200)
  }

  @Test("a minute before the end at the latest, or a tenth of a short life")
  func notice() {
    #expect(due(3600, 0) == 3600 - 72)
    #expect(due(300, 0) == 300 - 36)
    #expect(due(0, 0.2) == 0)
    #expect(due(10, 0.9) == 1)
  }

  @Test("pauses double from a second to five minutes")
  func pauses() {
    let pauses = (1...12).map { RefreshSchedule.pause(failures: $0, retryAfter: nil, chance: 0) }
    #expect(pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map { .seconds($0) })
    let longest = RefreshSchedule.pause(failures: 3, retryAfter: nil, chance: 1)
    #expect(longest == .seconds(5))
  }

  @Test("in an hour of failures nobody asks more than twenty times")
  func anHour() {
    var spent = Duration.zero
    var asked = 0
    while spent < .seconds(3600) {
      asked += 1
      spent += RefreshSchedule.pause(failures: asked, retryAfter: nil, chance: 0)
    }
    #expect(asked <= 20)
  }

  @Test("what the issuer asks for counts where it is longer, up to a quarter of an hour")
  func ordered() {
    let pause = { RefreshSchedule.pause(failures: 1, retryAfter: $0, chance: 0) }
    #expect(pause(40) == .seconds(40))
    #expect(pause(0) == .seconds(1))
    #expect(pause(-5) == .seconds(1))
    #expect(pause(100_000) == .seconds(900))
  }
}

@Suite("Whether a refresh token may be used")
struct RefreshTokenTests {
  private let now = Moment(wall: Date(timeIntervalSince1970: 1_800_000_000), uptime: .seconds(9000))

  /// - Parameters:
  ///   - begun: how long ago, in seconds, by each of the clocks.
  private func session(
    begun: Double?, counted: Double? = nil, isRemembered: Bool = false, isStatic: Bool = false
  ) -> Session {
    var session = Session(subject: "s", scopes: [], signedInAt: now.wall)
    session.refreshToken = .init("r")
    session.refreshBegun = begun.map {
      Moment(
        wall: now.wall.addingTimeInterval(-$0), uptime: now.uptime - .seconds(counted ?? $0),
        isRemembered: isRemembered)
    }
    session.isStatic = isStatic
    return session
  }

  @Test(
    "one that may have been rotated: in the grace, and not a moment longer",
    arguments: [false, true])
  func grace(isRemembered: Bool) {
    #expect(session(begun: nil).mayRefresh(now: now))
    #expect(session(begun: 0, isRemembered: isRemembered).mayRefresh(now: now))
    #expect(session(begun: 29, isRemembered: isRemembered).mayRefresh(now: now))
    #expect(!session(begun: 30, isRemembered: isRemembered).mayRefresh(now: now))
    #expect(!session(begun: 8000, isRemembered: isRemembered).mayRefresh(now: now))
  }

  @Test("a wall clock that is set does not count while the service runs")
  func set() {
    #expect(session(begun: -3600, counted: 10).mayRefresh(now: now))
    #expect(session(begun: 3600, counted: 10).mayRefresh(now: now))
    #expect(!session(begun: 10, counted: 31).mayRefresh(now: now))
  }

  @Test("after a restart both clocks must say that it was just now")
  func restart() {
    #expect(!session(begun: -3600, counted: 10, isRemembered: true).mayRefresh(now: now))
    #expect(!session(begun: 3600, counted: 10, isRemembered: true).mayRefresh(now: now))
    #expect(!session(begun: 10, counted: 31, isRemembered: true).mayRefresh(now: now))
    // Of a boot before this one: the boot clock shows less than it did.
    #expect(!session(begun: 10, counted: -500, isRemembered: true).mayRefresh(now: now))
    let early = Moment(wall: now.wall, uptime: .seconds(12))
    var booted = session(begun: 20, counted: -500, isRemembered: true)
    #expect(booted.mayRefresh(now: early))
    booted.refreshBegun?.wall = now.wall.addingTimeInterval(100)
    #expect(!booted.mayRefresh(now: early))
  }

  @Test("one of an issuer that does not rotate: always")
  func `static`() {
    #expect(session(begun: 86400, isStatic: true).mayRefresh(now: now))
  }
}
