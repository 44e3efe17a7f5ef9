#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// sort-photos MODEL PHOTOS [ALBUMS]: prints the albums of a folder of PPM files, and links them in a
/// folder for each.
@main
struct Main {
  static func main() async {
    let arguments = CommandLine.arguments
    guard (3...4).contains(arguments.count) else {
      fail("usage: sort-photos MODEL PHOTOS [ALBUMS]")
    }
    guard let photos = photos(in: arguments[2]) else { fail("\(arguments[2]): cannot read folder") }
    let sorter: PhotoSorter
    do {
      sorter = try PhotoSorter(model: arguments[1], sessions: 2)
    } catch {
      fail("\(error.code) \(error)")
    }
    await sorter.sort(photos)
    let (albums, failures) = (sorter.albums, sorter.failures)
    for (album, photos) in albums.sorted(by: { $0.key < $1.key }) {
      print("\(album): \(photos.count)")
    }
    for failure in failures { print("\(failure.photo): \(failure.reason)") }
    guard arguments.count < 4 || link(albums, in: arguments[3]) else {
      fail("\(arguments[3]): cannot make albums")
    }
  }

  private static func fail(_ text: String) -> Never {
    print(text)
    exit(1)
  }
}
