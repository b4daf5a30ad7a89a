// Every scenario of the simulator, by its own list: a new one that has no way through, or no
// transcript, fails here. One issuer and one broker serve all ways through a scenario, since to start
// them takes longer than to walk.

import Foundation
import IdentityEngineSimulator
import TestSupport
import Testing

@Suite("Scenarios, by script and at a terminal", .serialized)
struct ScenarioTests {
  @Test("a scenario is walked to its end", arguments: Scenario.all.map(\.name))
  func walks(_ name: String) throws {
    let scenario = try #require(Scenario.named(name))
    let plan = ScenarioPlan.plan(for: name)
    let household = try Household(of: scenario, seed: 1, settings: plan.settings)
    do {
      var walk = try ScenarioWalk(household, scenario, plan)
      try walk.run()
    } catch {
      Issue.record("by script: \(error)")
    }
    let transcripts = try Transcript.all(of: name, plan)
    if transcripts.isEmpty {
      Issue.record("no transcript; REMEDY_REWRITE_GOLDEN=1 writes one, to be read and kept")
    }
    for transcript in transcripts {
      try household.beginAnew()
      do {
        try play(transcript, household)
      } catch {
        Issue.record("\(transcript.file.lastPathComponent): \(error)")
      }
    }
  }

  private func play(_ transcript: Transcript, _ household: Household) throws {
    let (status, screen) = try TerminalSession(household, transcript).run()
    if Transcript.isRewritten {
      var new = transcript
      (new.status, new.screen) = (status, screen)
      try new.write()
    } else if status != transcript.status || screen != transcript.screen {
      throw Trouble("exit \(status), and the terminal shows:\n\(screen.joined(separator: "\n"))")
    }
  }

  @Test("plans and transcripts are of scenarios that there are")
  func table() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Transcript.folder.path)
    let named = files.filter { $0.hasSuffix(".txt") }.map { file in
      String(file.dropLast(4).prefix { $0 != "+" })
    }
    for name in named + ScenarioPlan.particular.keys {
      #expect(Scenario.named(name) != nil, "\(name)")
    }
  }
}
