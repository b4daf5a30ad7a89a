// Hundreds of programs come and go in one run of these tests, each with pipes to hear it by. What a
// test leaves open is missing at the end, and counts where a test counts descriptors.

import Foundation
import TestSupport
import Testing

@Suite("Descriptors of the tests themselves", .serialized)
struct DescriptorTests {
  @Test("a household, a broker alone and a terminal leave none open when they are gone")
  func noneIsLeft() throws {
    // What is opened once and kept, by whoever does it.
    try useAll()
    let before = try Self.open()
    for _ in 0..<3 { try useAll() }
    let after = try Self.open()
    #expect(after == before)
  }

  private func useAll() throws {
    let household = try Household(scenario: "password")
    household.stopDaemon()
    try household.startDaemon()
    _ = try BrokerProcess(configuration: "").client()
    let terminal = try PseudoTerminal(
      [BuiltProgram.path("remedy"), "--version"], environment: [], hasTerminal: true)
    var entry = pollfd(fd: terminal.ending, events: Int16(POLLIN), revents: 0)
    #expect(poll(&entry, 1, 20_000) == 1)
    _ = try terminal.exitStatus()
  }

  /// How many descriptors are open, by what they lead to.
  private static func open() throws -> [String: Int] {
    let folder = "/proc/self/fd/"
    let targets = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
      try? FileManager.default.destinationOfSymbolicLink(atPath: folder + $0)
    }
    return Dictionary(grouping: targets) { String($0.prefix { $0 != "[" }) }.mapValues(\.count)
  }
}
