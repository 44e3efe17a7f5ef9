extension String {
  /// The folder of the file that this path names: `a/b` is in `a`, `/a` in `/`, and `a` in ``""``,
  /// which is that of the process.
  ///
  /// Foundation's `deletingLastPathComponent` traps on Linux for a path of one letter.
  package var folderOfPath: String {
    guard let end = lastIndex(where: { $0 != "/" }), let slash = self[...end].lastIndex(of: "/")
    else { return hasPrefix("/") ? "/" : "" }
    let folder = self[..<slash]
    return folder.lastIndex { $0 != "/" }.map { String(folder[...$0]) } ?? "/"
  }
}
