/// A folder from which long work goes on where it was interrupted.
///
/// `plan` says what the work is and depends on, other files keep what was done of it. Files appear
/// complete or not at all; those of other names are never touched. As long as an instance lives, no
/// other can be made of its folder. A folder is a journal at every instant: the plan of a run is
/// there before its states, and after them when they are removed.
package struct Journal: Sendable {
  /// What one kind of work keeps.
  package struct Kind: Sendable {
    /// What messages call its journal.
    let name: String
    let isPlan: @Sendable ([UInt8]) -> Bool
    let isState: @Sendable (String) -> Bool

    /// - Parameters:
    ///   - name: What messages call its journal.
    ///   - isPlan: Whether the bytes are a plan of some run.
    ///   - isState: Whether the work makes files of that name, beside the plan and the lock.
    package init(
      _ name: String, isPlan: @escaping @Sendable (_ bytes: [UInt8]) -> Bool,
      isState: @escaping @Sendable (_ name: String) -> Bool
    ) {
      self.name = name
      self.isPlan = isPlan
      self.isState = isState
    }
  }

  package static let planName = "plan"
  /// Locked while a run uses the folder; it has no bytes.
  private static let lockName = "lock"

  private let folder: JournalFolder
  private let kind: Kind
  private let lock: FolderLock

  // MARK: Opening

  /// Takes the folder for a run; nothing in it changes but the lock.
  ///
  /// - Parameters:
  ///   - path: Where it is, or will be.
  ///   - kind: What the run keeps.
  /// - Throws: ``JournalError`` if the folder cannot be used, or holds files and no journal.
  package init(folder path: String, of kind: Kind) throws(JournalError) {
    folder = JournalFolder(path)
    self.kind = kind
    do throws(FileError) {
      try folder.make()
    } catch {
      throw .file(path: path, error)
    }
    guard try Self.isUsable(folder, for: kind) else {
      throw .notAJournal(path: path, kind: kind.name)
    }
    do throws(FileError) {
      lock = try FolderLock(folder: path, name: Self.lockName)
    } catch .inUse {
      throw .inUse(path: path)
    } catch {
      throw .file(path: folder.path(of: Self.lockName), error)
    }
  }

  /// Refuses a folder that no journal can be in, before any work.
  ///
  /// - Throws: ``JournalError`` if it is there and no folder, or holds other files.
  package static func check(_ path: String, for kind: Kind) throws(JournalError) {
    let folder = JournalFolder(path)
    do throws(FileError) {
      _ = try folder.names()
    } catch .failed {
      return
    } catch {
      throw .file(path: path, error)
    }
    guard try isUsable(folder, for: kind) else {
      throw .notAJournal(path: path, kind: kind.name)
    }
  }

  /// Whether a folder holds something to go on from.
  package static func hasStates(_ path: String, of kind: Kind) -> Bool {
    guard let names = try? JournalFolder(path).names() else { return false }
    return names.contains(where: kind.isState)
  }

  /// Whether the folder holds a journal, or nothing but what a run leaves that ended before its
  /// plan was written.
  private static func isUsable(
    _ folder: JournalFolder, for kind: Kind
  ) throws(JournalError) -> Bool {
    let names = try names(in: folder)
    guard names.contains(planName) else {
      return names.allSatisfy { $0 == lockName || JournalFolder.isTemporary($0) }
    }
    return try read(planName, in: folder).map(kind.isPlan) ?? true
  }

  // MARK: The plan

  /// The plan of the run that the folder holds, `nil` if it holds none.
  package func plan() throws(JournalError) -> [UInt8]? { try read(Self.planName) }

  /// Starts a run; what one of another plan left is removed.
  package func start(_ plan: [UInt8]) throws(JournalError) {
    try removeFiles { $0 != Self.planName && $0 != Self.lockName }
    try write(plan, Self.planName)
  }

  /// Goes on with the run that the folder holds.
  package func resume() throws(JournalError) {
    try removeFiles(where: JournalFolder.isTemporary)
  }

  /// Removes the journal's files, and the folder if it has no others.
  ///
  /// For when the result is safe; a file that cannot be removed is of no harm to later runs.
  package func remove() {
    try? removeFiles { $0 != Self.planName && $0 != Self.lockName }
    try? removeFiles { $0 != Self.lockName }
    try? removeFiles { _ in true }
    folder.removeIfEmpty()
  }

  // MARK: Files

  package func path(of name: String) -> String { folder.path(of: name) }

  /// The names of all files in the folder.
  package func names() throws(JournalError) -> [String] { try Self.names(in: folder) }

  /// The bytes of a file, `nil` if it is not there.
  package func read(_ name: String) throws(JournalError) -> [UInt8]? {
    try Self.read(name, in: folder)
  }

  package func write(_ bytes: [UInt8], _ name: String) throws(JournalError) {
    do throws(FileError) {
      try folder.write(bytes, name)
    } catch {
      throw .file(path: path(of: name), error)
    }
  }

  private static func read(
    _ name: String, in folder: JournalFolder
  ) throws(JournalError) -> [UInt8]? {
    do throws(FileError) {
      return try folder.read(name)
    } catch .empty {
      return []
    } catch {
      throw .file(path: folder.path(of: name), error)
    }
  }

  /// Removes the files that vitq makes and whose names satisfy a condition.
  private func removeFiles(where isUnwanted: (String) -> Bool) throws(JournalError) {
    for name in try names() where isOwn(name) && isUnwanted(name) {
      do throws(FileError) {
        try folder.remove(name)
      } catch {
        throw .file(path: path(of: name), error)
      }
    }
  }

  /// Whether vitq makes files of this name in the folder of a journal.
  private func isOwn(_ name: String) -> Bool {
    [Self.planName, Self.lockName].contains(name) || JournalFolder.isTemporary(name)
      || kind.isState(name)
  }

  private static func names(in folder: JournalFolder) throws(JournalError) -> [String] {
    do throws(FileError) {
      return try folder.names()
    } catch {
      throw .file(path: folder.path, error)
    }
  }
}
