// Whether a graph of imports has a way back.

/// A walk through imports that ends where it began.
enum Cycle {
  /// The first cycle there is, in the order of names; `nil` where there is none.
  static func first(in imports: [String: Set<String>]) -> [String]? {
    var done: Set<String> = []
    for start in imports.keys.sorted() {
      if let cycle = walk(from: start, [], imports, &done) { return cycle }
    }
    return nil
  }

  private static func walk(
    from name: String, _ path: [String], _ imports: [String: Set<String>], _ done: inout Set<String>
  ) -> [String]? {
    if let start = path.firstIndex(of: name) { return path[start...] + [name] }
    if done.contains(name) { return nil }
    for next in imports[name, default: []].sorted() {
      if let cycle = walk(from: next, path + [name], imports, &done) { return cycle }
    }
    done.insert(name)
    return nil
  }
}
