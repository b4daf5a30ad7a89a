import Foundation
import Testing

@Suite("What the programs link")
struct LinkageTests {
  @Test(
    "neither the service nor the command links Foundation, whatever brings it in",
    arguments: ["remedyd", "remedy"])
  func noFoundation(program: String) throws {
    #expect(try libraries(of: program).isDisjoint(with: Self.costly))
  }

  @Test("the simulator does, and the check sees it")
  func theCheckCanFail() throws {
    #expect(try libraries(of: "remedy-simulator").contains("libFoundation.so"))
  }

  private static let costly: Set<String> = [
    "libFoundation.so", "libFoundationInternationalization.so", "libFoundationNetworking.so",
    "libFoundationXML.so",
  ]

  /// The libraries of Foundation's that a program names. Names stand in its string table as they
  /// are, each ended by a zero byte.
  private func libraries(of program: String) throws -> Set<String> {
    let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent()
    let bytes = try Data(contentsOf: folder.appending(path: program), options: .mappedIfSafe)
    return Self.costly.filter { name in
      bytes.range(of: Data([0]) + Data(name.utf8) + Data([0])) != nil
    }
  }
}
