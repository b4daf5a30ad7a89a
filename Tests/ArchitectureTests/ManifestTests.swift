// What a target imports it also declares. One that does not builds as long as another target brings
// the module along, and only after it in an order that nobody promises. And it declares nothing else:
// what nobody imports is built, linked and watched for nothing.

import Testing

@Suite("The manifest says what each target is built with")
struct ManifestTests {
  /// What comes with the compiler.
  private static let system: Set<String> = [
    "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "PackageDescription", "Swift",
    "Synchronization", "Testing",
  ]

  /// Not imported: to be linked is all that it is for.
  private static let linkedAlone: Set<String> = ["CZeroingHeap"]

  @Test("every target declares the modules that it imports and no others, tests too")
  func declaredIsImported() throws {
    for section in try Manifest.read().sections {
      let lines = try SourceTree.imports(
        of: section.name, in: section.isInTests ? "Tests" : "Sources")
      for line in lines
      where !Self.system.contains(line.module) && line.module != section.name
        && !section.dependencies.contains(line.module)
      {
        Issue.record("\(line), which the target does not declare in Package.swift")
      }
      let idle = section.dependencies.subtracting(lines.map(\.module))
        .subtracting(Self.linkedAlone)
      #expect(idle.isEmpty, "\(section.name) declares what it does not import")
    }
  }

  @Test("every folder of sources and tests with Swift in it is a target, and every target is read")
  func everyTargetIsRead() throws {
    let sections = try Manifest.read().sections
    #expect(
      sections.filter { !$0.isInTests }.map(\.name).sorted() == (try SourceTree.targets()))
    let tests = try SourceTree.targets(in: "Tests").filter {
      try !SourceTree.files(of: $0, in: "Tests").isEmpty
    }
    #expect(sections.filter(\.isInTests).map(\.name).sorted() == tests)
  }
}

@Suite("The reading of the manifest can fail")
struct ManifestReadingTests {
  @Test("names, constants and targets without dependencies are read, and comments are not")
  func sections() {
    let manifest = Manifest(
      """
      let nioCore = Target.Dependency.product(
        name: "NIOCore", package: "swift-nio")
      let package = Package(name: "p", dependencies: [.package(url: "x", from: "1.0.0")], targets: [
        .target(name: "A"),
        .target(
          name: "B", dependencies: ["A", nioCore], swiftSettings: settings),
        // .target(name: "No", dependencies: ["A"]),
        .testTarget(name: "BTests", dependencies: ["B", crypto],
          exclude: ["Texts"]),
      ])
      """)
    #expect(
      manifest.sections == [
        Manifest.Section(name: "A", isInTests: false, dependencies: []),
        Manifest.Section(name: "B", isInTests: false, dependencies: ["A", "NIOCore"]),
        Manifest.Section(name: "BTests", isInTests: true, dependencies: ["B", "crypto"]),
      ])
  }
}
