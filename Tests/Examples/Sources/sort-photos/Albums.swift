#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The PPM files of a folder, sorted; `nil` if it cannot be read.
func photos(in folder: String) -> [String]? {
  guard let directory = opendir(folder) else { return nil }
  defer { closedir(directory) }
  var found: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name.hasSuffix(".ppm") { found.append(folder + "/" + name) }
  }
  return found.sorted()
}

/// Makes a folder for each album, with a link to each of its photos; `false` if one cannot be made.
func link(_ albums: [String: [String]], in folder: String) -> Bool {
  func makeFolder(_ path: String) -> Bool { mkdir(path, 0o777) == 0 || errno == EEXIST }
  guard makeFolder(folder) else { return false }
  for (name, photos) in albums {
    // A class may be called anything, and a name must stay inside the folder.
    let safe = name.hasPrefix(".") ? "_" + name : name
    let album = folder + "/" + String(safe.map { $0 == "/" ? "_" : $0 })
    guard makeFolder(album) else { return false }
    for photo in photos {
      guard let path = realpath(photo, nil) else { return false }
      defer { free(path) }
      let file = photo.split(separator: "/").last.map(String.init) ?? photo
      guard symlink(path, album + "/" + file) == 0 || errno == EEXIST else { return false }
    }
  }
  return true
}
