// Thousands of persons before thousands of policies, none of which anybody has written down.
//
//     REMEDY_WALKS=20000 swift test --filter WalkTests      so many of them
//     REMEDY_WALK=4711 swift test --filter WalkTests        one again, with its steps

import Foundation
import IdentityEngineSimulator
import Synchronization
import Testing

@Suite("Walks by chance, over policies by chance", .serialized)
struct WalkTests {
  private static let environment = ProcessInfo.processInfo.environment
  /// One seed, to be walked again.
  private static let only = environment["REMEDY_WALK"].flatMap { UInt64($0) }
  private static let count = environment["REMEDY_WALKS"].flatMap { Int($0) }

  @Test("every walk ends in tokens, in the issuer's words or in a cancel")
  func inThisProcess() async throws {
    let seeds = Self.only.map { $0...$0 } ?? 1...UInt64(Self.count ?? 600)
    let tally = Tally(seeds)
    let workers = 2
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<workers {
        group.addTask {
          let grounds = try await Grounds()
          await Self.onThread {
            while let seed = tally.next() {
              tally.take(seed, Self.walk(seed, on: grounds))
            }
          }
          let left = try await grounds.close()
          #expect(left.allSatisfy { $0.kind == "session" }, "left in the vault: \(left)")
        }
      }
      try await group.waitForAll()
    }
    print(tally.table)
    if Self.only != nil { print(tally.stories.joined(separator: "\n")) }
    #expect(tally.troubles.isEmpty, "\(tally.report)")
    guard Self.only == nil, seeds.count >= 500 else { return }
    // Walks that never come anywhere would show nothing.
    for end in WalkEnd.allCases { #expect(tally.count(end) > 0, "none ended in \(end)") }
    #expect(tally.count(.tokens) * 4 > seeds.count)
    #expect(tally.offered.count >= 40, "\(tally.offered.sorted())")
  }

  @Test("the same persons get as far at the built broker, over its socket")
  func overTheSocket() async throws {
    let seeds = Self.only.map { $0...$0 } ?? 1...UInt64(max(50, (Self.count ?? 0) / 100))
    let tally = Tally(seeds)
    let programs = try Programs()
    await Self.onThread { [programs = Handed(programs)] in
      while let seed = tally.next() {
        tally.take(seed, Self.walk(seed, at: programs.value))
      }
    }
    print(tally.table)
    if Self.only != nil { print(tally.stories.joined(separator: "\n")) }
    #expect(tally.troubles.isEmpty, "\(tally.report)")
    #expect(programs.areAlive)
    guard Self.only == nil else { return }
    #expect(tally.count(.tokens) * 4 > seeds.count)
  }

  private static func walk(_ seed: UInt64, at programs: Programs) -> WalkResult {
    let scenario = Scenario.random(seed: seed)
    do {
      return try WalkResult(Walk(seed: seed, SocketHouse(programs, scenario), scenario))
    } catch {
      return WalkResult(failed: "\(error)")
    }
  }

  /// Used by one thread at a time: here first, and then there.
  private struct Handed<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
  }

  /// One walk in this process.
  private static func walk(_ seed: UInt64, on grounds: Grounds) -> WalkResult {
    let scenario = Scenario.random(seed: seed)
    do {
      let house = try ModelHouse(scenario, seed: seed, grounds)
      defer { house.end() }
      return try WalkResult(Walk(seed: seed, house, scenario))
    } catch {
      return WalkResult(failed: "\(error)")
    }
  }

  /// Walks wait for the broker, so that they have no place among tasks.
  private static func onThread(_ body: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
      let thread = Thread {
        body()
        continuation.resume()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
  }
}

/// What came of a walk.
struct WalkResult: Sendable {
  var manner = "none"
  var end: WalkEnd?
  var trouble: String?
  var trace: [String] = []
  var offered: Set<String> = []

  init(failed trouble: String) { self.trouble = trouble }

  /// Walks.
  init(_ walk: Walk) {
    manner = walk.manner.name
    do {
      end = try walk.run()
    } catch {
      trouble = "\(error)"
    }
    trace = walk.trace
    offered = walk.offered
  }
}

/// How all walks ended.
final class Tally: Sendable {
  private struct State {
    var left: [UInt64]
    var results: [UInt64: WalkResult] = [:]
  }

  private let state: Mutex<State>
  private let began = ContinuousClock.now

  init(_ seeds: ClosedRange<UInt64>) { state = Mutex(State(left: seeds.reversed())) }

  func next() -> UInt64? { state.withLock { $0.left.popLast() } }

  func take(_ seed: UInt64, _ result: WalkResult) { state.withLock { $0.results[seed] = result } }

  private var results: [(seed: UInt64, result: WalkResult)] {
    state.withLock { $0.results }.sorted { $0.key < $1.key }.map {
      (seed: $0.key, result: $0.value)
    }
  }

  var troubles: [(seed: UInt64, result: WalkResult)] { results.filter { $0.result.trouble != nil } }

  var offered: Set<String> { results.reduce(into: []) { $0.formUnion($1.result.offered) } }

  func count(_ end: WalkEnd) -> Int { results.count { $0.result.end == end } }

  /// Every walk with its steps.
  var stories: [String] { results.map(Self.story) }

  /// The first walks that went wrong, each with its seed and its steps.
  var report: String {
    "\(troubles.count) walks went wrong\n"
      + troubles.prefix(5).map(Self.story).joined(separator: "\n")
  }

  private static func story(_ seed: UInt64, _ result: WalkResult) -> String {
    "walk \(seed) (REMEDY_WALK=\(seed)): \(result.trouble ?? "ended well")\n"
      + result.trace.map { "    " + $0 }.joined(separator: "\n")
  }

  /// How walks ended, by the manner of the person.
  var table: String {
    func row(_ cells: [String]) -> String {
      cells.enumerated().map { place, cell in
        place == 0
          ? cell + String(repeating: " ", count: max(0, 24 - cell.count))
          : String(repeating: " ", count: max(0, 10 - cell.count)) + cell
      }.joined()
    }
    let results = results
    func line(_ name: String, _ those: [WalkResult]) -> String {
      row(
        [name, "\(those.count)"]
          + WalkEnd.allCases.map { end in "\(those.count { $0.end == end })" }
          + ["\(those.count { $0.trouble != nil })"])
    }
    let steps = results.reduce(0) { $0 + $1.result.trace.count }
    var lines = [row(["walks", "all"] + WalkEnd.allCases.map(\.rawValue) + ["wrong"])]
    for name in Manner.all.map(\.name) {
      lines.append(line(name, results.map(\.result).filter { $0.manner == name }))
    }
    lines.append(line("all", results.map(\.result)))
    lines.append(
      "\(steps) steps, \(offered.count) kinds of forms, in \(ContinuousClock.now - began)")
    return lines.joined(separator: "\n")
  }
}
