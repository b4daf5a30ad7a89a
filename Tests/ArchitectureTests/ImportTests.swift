import Testing

@Suite("Each target sees what it is for, and nothing else")
struct ImportTests {
  @Test("every target has a rule, and every rule a target")
  func everyTargetHasARule() throws {
    #expect(try SourceTree.targets() == ImportRule.all.map(\.target).sorted())
  }

  @Test("a target imports only what its rule names", arguments: ImportRule.all.map(\.target))
  func importsAreAllowed(target: String) throws {
    let rule = try #require(ImportRule.all.first { $0.target == target })
    for line in try SourceTree.imports(of: target) where line.module != target {
      if let objection = rule.objection(to: line.module) {
        Issue.record("\(line.file):\(line.line): \(objection)")
      }
    }
  }

  @Test("dependencies point one way: nothing imports what, directly or not, imports it")
  func dependenciesPointOneWay() throws {
    let targets = Set(try SourceTree.targets())
    var seen: [String: Set<String>] = [:]
    for target in targets {
      seen[target] = Set(try SourceTree.imports(of: target).map(\.module)).intersection(targets)
    }
    #expect(Cycle.first(in: seen) == nil)
  }

  @Test("the C libraries have one importer each")
  func oneDoorForEachLibrary() throws {
    var importers: [String: Set<String>] = [
      "CFido2": [], "CSodium": [], "CSystemd": [], "CTOML": [],
    ]
    for target in try SourceTree.targets() {
      for line in try SourceTree.imports(of: target) {
        importers[line.module]?.insert(target)
      }
    }
    #expect(
      importers == [
        "CFido2": ["remedy-fido2"], "CSodium": ["Secrets"], "CSystemd": ["Systemd"],
        "CTOML": ["BrokerConfig"],
      ])
  }

  @Test("no module has a type of its own name, which Swift could not qualify then")
  func noModuleHasATypeOfItsName() throws {
    for target in try SourceTree.targets() {
      let names = ["actor", "class", "enum", "protocol", "struct", "typealias"]
        .flatMap { ["\($0) \(target) ", "\($0) \(target):", "\($0) \(target)<"] }
      for file in try SourceTree.files(of: target) where file.text.contains(" \(target)") {
        for line in file.text.split(separator: "\n")
        where line.first.map({ !$0.isWhitespace }) ?? false {
          if names.contains(where: { line.contains($0) }) {
            Issue.record("\(file.path): \(line)")
          }
        }
      }
    }
  }
}

@Suite("The scan itself can fail")
struct ImportScanTests {
  @Test(
    "an import is found in every form it has",
    arguments: [
      ("import NIO", "NIO"),
      ("  internal import OAuth", "OAuth"),
      ("public import struct Foundation.Date", "Foundation"),
      ("@preconcurrency import NIOCore", "NIOCore"),
      ("@testable @_spi(Tests) import TokenBroker // why", "TokenBroker"),
      ("/* licence */ import Glibc.stdio", "Glibc"),
      ("private import func Glibc.open", "Glibc"),
    ])
  func importIsFound(text: String, module: String) {
    #expect(ImportLine.all(in: text, file: "F").map(\.module) == [module])
  }

  @Test("two on a line are two, with the line they stand on")
  func twoOnALine() {
    #expect(
      ImportLine.all(in: "// x\nimport A; import B\n", file: "F") == [
        ImportLine(file: "F", line: 2, module: "A"), ImportLine(file: "F", line: 2, module: "B"),
      ])
  }

  @Test(
    "what only reads like an import is none",
    arguments: [
      "// import NIO", "/* import NIO\nimport NIO */", "let important = 1", "importNIO()",
      "let python = \"\"\"\nimport socket\n\"\"\"",
    ])
  func noImport(text: String) {
    #expect(ImportLine.all(in: text, file: "F").isEmpty)
  }

  @Test("a forbidden import is named with the reason")
  func forbiddenImport() throws {
    let rule = try #require(ImportRule.all.first { $0.target == "InteractionCodeFlow" })
    #expect(rule.objection(to: "Prompts") == nil)
    #expect(
      rule.objection(to: "OAuth")
        == "InteractionCodeFlow imports OAuth (never: OAuth, a clock, randomness)")
    let foundation = rule.objection(to: "Foundation")
    #expect(foundation?.contains("FoundationEssentials") == true)
  }

  @Test("a cycle is found, through others too")
  func cycleIsFound() {
    #expect(Cycle.first(in: ["A": ["B"], "B": ["C"], "C": []]) == nil)
    #expect(Cycle.first(in: ["A": ["B"], "B": ["C"], "C": ["A"]]) == ["A", "B", "C", "A"])
    #expect(Cycle.first(in: ["A": ["A"]]) == ["A", "A"])
  }
}
