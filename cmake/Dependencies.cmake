# Libraries from Debian. Each room names those it uses in its own link list.

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(GTest REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(archive REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(cap REQUIRED IMPORTED_TARGET libcap)
pkg_check_modules(png REQUIRED IMPORTED_TARGET libpng)
pkg_check_modules(qrencode REQUIRED IMPORTED_TARGET libqrencode)
pkg_check_modules(xmlsec REQUIRED IMPORTED_TARGET xmlsec1-openssl)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
find_package(pugixml REQUIRED)

# RocksDB is linked statically: only the parts in use enter the binary, and start-up has no large library to relocate.
find_library(ROCKSDB_STATIC librocksdb.a REQUIRED)
add_library(rocksdb_static STATIC IMPORTED)
set_target_properties(rocksdb_static PROPERTIES IMPORTED_LOCATION ${ROCKSDB_STATIC}
  INTERFACE_LINK_LIBRARIES "snappy;lz4;zstd;bz2;z;gflags;Threads::Threads;dl")

add_compile_definitions(BOOST_ASIO_NO_DEPRECATED)
