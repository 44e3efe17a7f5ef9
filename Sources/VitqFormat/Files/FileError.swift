/// Why a file cannot be read or written.
///
/// Messages do not name the file itself: whoever was given the path puts it in front.
package enum FileError: Error, Equatable {
  case notFound
  case notReadable
  case isDirectory
  /// A file, or something else that no file can be in.
  case notDirectory
  /// A pipe, a device or a socket.
  case notRegularFile
  /// A symbolic link where the file itself is asked for.
  case symbolicLink
  /// A file with a second name, which may be in another folder.
  case hardLinked
  case empty
  case nameTooLong
  case folderMissing(String)
  /// The folder of the file is none.
  case folderIsFile(String)
  case folderNotWritable(String)
  /// The output is there already and was not to be replaced.
  case exists
  case diskFull
  /// Another run has the folder.
  case inUse
  /// The file ended before the length it had when it was opened.
  case cutShort(expected: Int, found: Int)
  /// The system wrote fewer bytes than it was given and no reason.
  case shortWrite(expected: Int, found: Int)
  /// A call failed for a reason that has no case of its own.
  case failed(call: String, errorNumber: Int32, reason: String)
}

extension FileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notFound: "no such file"
    case .notReadable: "no permission to read the file"
    case .isDirectory: "is a folder: expected a file"
    case .notDirectory: "is a file: expected a folder"
    case .notRegularFile: "is a pipe, a device or a socket: expected a regular file"
    case .symbolicLink:
      "is a symbolic link: expected the file itself. copy the file here with cp -L"
    case .hardLinked:
      "is a hard link: expected a file with one name. copy the file here with cp"
    case .empty: "the file is empty"
    case .nameTooLong: "the name is too long for the file system"
    case .folderMissing(let folder): "the folder '\(folder)' does not exist"
    case .folderIsFile(let folder): "'\(folder)' is a file: expected a folder"
    case .folderNotWritable(let folder): "the folder '\(folder)' is not writable"
    case .exists: "the file exists already; pass the option that overwrites it"
    case .diskFull: "no space left on the disk; nothing was kept of the new file"
    case .inUse: "in use by a run that has not ended"
    case .cutShort(let expected, let found):
      "the file was cut short while it was read: expected \(expected) bytes, found \(found)"
    case .shortWrite(let expected, let found):
      "a write was cut short: expected \(expected) bytes, found \(found)"
    case .failed(let call, let errorNumber, let reason):
      "\(call) failed: \(reason) (error \(errorNumber))"
    }
  }
}
