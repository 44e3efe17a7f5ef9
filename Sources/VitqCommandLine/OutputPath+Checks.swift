import Foundation
import VitqFaults
import VitqFormat

/// Checks of paths before long work, so that it does not end at a file that cannot be written.
extension OutputPath {
  /// A file or folder of a command and what it is to it: an option, or words such as `the model`.
  package struct Use: Sendable {
    package let role: String
    package let path: String

    package init(_ role: String, _ path: String) {
      self.role = role
      self.path = path
    }
  }

  /// Refuses outputs that are one file, and an output that is a file the command reads.
  ///
  /// - Throws: ``CommandFailure`` that names both uses.
  package static func checkDistinct(inputs: [Use], outputs: [Use]) throws {
    var roles: [String: String] = [:]
    for input in inputs { roles[canonical(input.path)] = input.role }
    for output in outputs {
      if let other = roles.updateValue(output.role, forKey: canonical(output.path)) {
        throw CommandFailure(
          .usage,
          "\(output.path): \(output.role): expected a file of its own, found that of \(other)")
      }
    }
  }

  /// Whether a file can be written at `path`, new or in place of another.
  ///
  /// - Throws: ``CommandFailure`` if not.
  package static func checkWritable(_ path: String) throws {
    do throws(FileError) {
      try AtomicFile.checkWritable(path, overwriting: true)
    } catch {
      throw CommandFailure(writing: path, error)
    }
  }

  /// Whether a folder can be made at `path`, unless one is there.
  ///
  /// - Throws: ``CommandFailure`` if not.
  package static func checkMakeable(folder path: String) throws {
    if !FileManager.default.fileExists(atPath: path) { try checkWritable(path) }
  }

  /// Whether a file that is no model may be written at `path`: there is none, or `force`.
  ///
  /// - Throws: ``CommandFailure`` if something is there.
  package static func checkNew(_ path: String, force: Bool) throws {
    guard force || !FileManager.default.fileExists(atPath: path) else {
      throw CommandFailure(
        .cannotCreate, "\(path): exists already; choose another name or pass --force")
    }
  }

  /// The one path of what `path` names: absolute, without links, also where nothing is there yet.
  package static func canonical(_ path: String) -> String {
    if let memory = realpath(path, nil) {
      defer { free(memory) }
      return String(cString: memory)
    }
    let name = (path as NSString).lastPathComponent
    let parent = path.folderOfPath
    let folder = parent.isEmpty ? "." : parent
    guard folder != path else { return path }
    let root = canonical(folder)
    return root == "/" ? "/" + name : root + "/" + name
  }
}
