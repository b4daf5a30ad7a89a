// Which version of Remedy this is. The one place that says so for the command.

/// The version of this command.
enum RemedyVersion {
  static let current = "0.1.0"
}
