import VitqAutodiff
import VitqCommandLine
import VitqKit

extension Workers {
  /// Threads that the address space of this process has room for.
  static func checked(count: Int) throws -> Workers {
    try CommandFailure.mapping { () throws(KitError) in try AddressSpace.check(threads: count) }
    return Workers(count: count)
  }
}
