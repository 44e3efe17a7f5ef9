/// Why a ``Journal`` cannot be used.
package enum JournalError: Error, Equatable {
  /// The folder holds something else; `kind` is what was asked for.
  case notAJournal(path: String, kind: String)
  /// Another run has the folder.
  case inUse(path: String)
  case file(path: String, FileError)
}

extension JournalError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notAJournal(let path, let kind):
      "\(path): the folder is not a \(kind): expected a new or empty folder, or one with a file "
        + "'\(Journal.planName)' that vitq wrote, found other files"
    case .inUse(let path):
      "\(path): the folder is in use: expected no other run in it, found one that has not ended"
    case .file(let path, let error): "\(path): \(error)"
    }
  }
}
