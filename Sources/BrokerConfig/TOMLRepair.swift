// Reading on after a line that is no TOML, so that one slip does not hide the file's other faults.
//
// A TOML parser stops at its first error. Here each error is kept, the statement it lies in is
// replaced by one that reads, and the file is read again. A repair counts only when the next error
// lies further down; when none gets there, reading stops with the errors found so far.
//
// 1. A statement is a line that begins with `[` or with `key =`.
// 2. What is repaired is never checked nor missed: its key is there, its value `unreadable`.
// 3. A second statement for a key or table is put aside whole; the first one holds.
// 4. Lines keep their numbers.
// 5. Lines that belonged to a repaired value (the rest of a list) are blanked in silence.

/// A file being read past its syntax errors.
struct TOMLRepair {
  /// An error with the place to look at.
  struct Slip: Equatable {
    var line: Int
    /// The path of a key or table that is there twice.
    var duplicate: String?
    var words: String
  }

  private(set) var slips: [Slip] = []
  /// nil where reading could not go on.
  private(set) var root: TOMLValue?

  private var lines: [[UInt8]]
  private var unreadable: Set<Int> = []
  private var putAside: Set<Int> = []
  private var lastRepaired: Int?
  private var readingsLeft: Int

  /// A large file is read again fewer times: at most some 8 MiB are read in all.
  init(_ bytes: [UInt8]) {
    readingsLeft = min(200, max(8, (8 << 20) / max(1, bytes.count)))
    lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map(Array.init)
    var outcome = read(lines)
    while case .failure(let error) = outcome {
      guard let next = repair(error) else { return }
      outcome = next
    }
    if case .success(let value) = outcome { root = marked(value) }
  }

  private typealias Outcome = Result<TOMLValue, TOMLSyntaxError>

  /// A change of the lines, with the line it is about.
  private struct Change {
    var lines: [[UInt8]]
    var place: Int
    var unreadable: Int?
    var putAside: Int?

    mutating func blank(_ numbers: [Int]) {
      for number in numbers where lines.indices.contains(number - 1) { lines[number - 1] = [] }
    }
  }

  private mutating func read(_ lines: [[UInt8]]) -> Outcome {
    readingsLeft -= 1
    do throws(TOMLSyntaxError) {
      return .success(try TOMLValue.parse(Array(lines.joined(separator: [UInt8(ascii: "\n")]))))
    } catch {
      return .failure(error)
    }
  }

  /// Takes the first change that gets the reading past the error; nil where none does.
  private mutating func repair(_ error: TOMLSyntaxError) -> Outcome? {
    let isRest = isRestOfRepaired(error.line)
    for change in changes(for: error, isRest: isRest) {
      guard readingsLeft > 0 else { break }
      let outcome = read(change.lines)
      if case .failure(let next) = outcome, next.line <= error.line { continue }
      if !isRest { note(error, at: change.place) }
      lines = change.lines
      if let line = change.unreadable { unreadable.insert(line) }
      if let line = change.putAside { putAside.insert(line) }
      lastRepaired = error.line
      return outcome
    }
    if !isRest { note(error, at: error.line) }
    return nil
  }

  private mutating func note(_ error: TOMLSyntaxError, at line: Int) {
    slips.append(
      Slip(
        line: line, duplicate: error.isDuplicate ? duplicatePath(at: line) : nil,
        words: error.words))
  }

  /// Rule 5.
  private func isRestOfRepaired(_ line: Int) -> Bool {
    guard let lastRepaired, lastRepaired < line, statement(at: line) == nil else { return false }
    return (lastRepaired + 1..<line).allSatisfy { isBlank($0) }
  }

  private func changes(for error: TOMLSyntaxError, isRest: Bool) -> [Change] {
    let line = error.line
    if isRest {
      var change = Change(lines: lines, place: line)
      change.blank([line])
      return [change]
    }
    var changes: [Change] = []
    switch statement(at: line) {
    case .key(let key)?:
      if error.isDuplicate { changes.append(puttingAside(.key(key), at: line)) }
      changes.append(replacing(.key(key), at: line))
    case .header(let path)? where error.isDuplicate || error.isInHeader:
      if !error.isDuplicate { changes.append(replacing(.header(path), at: line)) }
      changes.append(puttingAside(.header(path), at: line))
    case .header?: break
    case nil:
      if let word = firstWord(at: line) { changes.append(replacing(.key(word), at: line)) }
    }
    return changes + changesAbove(line)
  }

  /// The error may lie in a value that began further up: without that value, then without the
  /// lines between, then without the line of the error too.
  private func changesAbove(_ line: Int) -> [Change] {
    let isStatement = statement(at: line) != nil
    var changes: [Change] = []
    for start in (1..<line).reversed() {
      guard case .key(let key) = statement(at: start) else { continue }
      let between = (start + 1..<line).filter { statement(at: $0) == nil }
      var change = replacing(.key(key), at: start)
      changes.append(change)
      change.place = isStatement ? start : line
      change.blank(between)
      changes.append(change)
      if !isStatement {
        change.blank([line])
        changes.append(change)
      }
      if changes.count >= 60 { break }
    }
    return changes
  }

  // MARK: Changes

  private func replacing(_ statement: Statement, at line: Int) -> Change {
    var change = Change(lines: lines, place: line)
    switch statement {
    case .key(let key):
      change.lines[line - 1] = key + Array(" = 0".utf8)
      change.unreadable = line
    case .header(let path):
      change.lines[line - 1] = Array("[".utf8) + path + Array("]".utf8)
    }
    return change
  }

  private func puttingAside(_ statement: Statement, at line: Int) -> Change {
    var change = Change(lines: lines, place: line, putAside: line)
    let name = Array("\"put aside \(line)\"".utf8)
    switch statement {
    case .header: change.lines[line - 1] = Array("[".utf8) + name + Array("]".utf8)
    case .key(let key):
      let rest = lines[line - 1].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      change.lines[line - 1] = name + rest.dropFirst(key.count)
    }
    return change
  }

  /// Rules 2 and 3, on what was read in the end.
  private func marked(_ value: TOMLValue) -> TOMLValue {
    guard case .table(let members) = value.content else { return value }
    var marked = value
    marked.content = .table(
      members.compactMap { member in
        if putAside.contains(member.line) { return nil }
        var member = member
        if unreadable.contains(member.line) {
          member.value.content = .unreadable
        } else {
          member.value = self.marked(member.value)
        }
        return member
      })
    return marked
  }

  // MARK: Lines

  private enum Statement {
    /// The text before `=`, without blanks around it.
    case key([UInt8])
    /// The text between the brackets.
    case header([UInt8])
  }

  private func trimmed(_ line: Int) -> ArraySlice<UInt8> {
    guard lines.indices.contains(line - 1) else { return [] }
    return lines[line - 1].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
  }

  private func isBlank(_ line: Int) -> Bool {
    let text = trimmed(line)
    return text.isEmpty || text.first == UInt8(ascii: "#") || text.first == UInt8(ascii: "\r")
  }

  private func firstWord(at line: Int) -> [UInt8]? {
    let word = trimmed(line).prefix(while: isBareKeyByte)
    return word.isEmpty ? nil : Array(word)
  }

  private func statement(at line: Int) -> Statement? {
    let text = trimmed(line)
    if text.first == UInt8(ascii: "[") {
      let path = text.drop { $0 == UInt8(ascii: "[") }.prefix(while: isKeyPathByte)
      return .header(Array(path))
    }
    let key = text.prefix(while: isKeyPathByte)
    guard key.endIndex < text.endIndex, text[key.endIndex] == UInt8(ascii: "=") else { return nil }
    let bare = key.reversed().drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    return bare.isEmpty ? nil : .key(bare.reversed())
  }

  private func isKeyPathByte(_ byte: UInt8) -> Bool {
    isBareKeyByte(byte) || [UInt8](". \t\"'".utf8).contains(byte)
  }

  /// The whole path of what the statement names.
  private func duplicatePath(at line: Int) -> String? {
    switch statement(at: line) {
    case nil: return nil
    case .header(let path): return visible(String(decoding: path, as: UTF8.self))
    case .key(let key):
      let name = visible(String(decoding: key, as: UTF8.self))
      for above in (1..<line).reversed() {
        if case .header(let path) = statement(at: above) {
          return visible(String(decoding: path, as: UTF8.self)) + "." + name
        }
      }
      return name
    }
  }
}
