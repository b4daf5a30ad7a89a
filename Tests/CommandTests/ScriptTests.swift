// Every script of the folder, played by the built command at a pseudo-terminal.

import Glibc
import JSON
import Testing

@Suite("the command, by its scripts", .serialized)
struct ScriptTests {
  @Test("the scripts are there")
  func scriptsExist() {
    #expect(Script.all.count >= 20)
  }

  @Test("a script plays to its end and shows its screen", arguments: Script.all)
  func plays(_ script: Script) throws {
    let shown = try script.play()
    guard let shown, shown != script.screen else { return }
    if getenv("REMEDY_REWRITE_GOLDEN") != nil {
      try script.rewrite(screen: shown)
    } else {
      Issue.record(
        "\(script.path) shows instead:\n\(shown.joined(separator: "\n"))")
    }
  }
}
