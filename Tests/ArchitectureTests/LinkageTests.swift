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

  @Test("this process does, and the check sees the name in the library that it has loaded")
  func theCheckCanFail() throws {
    // As one file it would be read to its first page only: it has no size.
    let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/maps"))
    let maps = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    let line = try #require(maps.split(separator: "\n").first { $0.hasSuffix("/libFoundation.so") })
    let path = try #require(line.firstIndex(of: "/").map { String(line[$0...]) })
    #expect(try libraries(in: URL(filePath: path)).contains("libFoundation.so"))
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
    return try libraries(in: folder.appending(path: program))
  }

  private func libraries(in file: URL) throws -> Set<String> {
    let bytes = try Data(contentsOf: file, options: .mappedIfSafe)
    return Self.costly.filter { name in
      bytes.range(of: Data([0]) + Data(name.utf8) + Data([0])) != nil
    }
  }
}
