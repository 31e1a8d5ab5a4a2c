#pragma once

// Virtual devices for multi-factor authentication: made for an account, enabled for a user by two codes, and
// asked by STS (mfa_codes.h). Operations are in mfa_devices.cc.

#include "services/iam/mfa_codes.h"
#include "services/iam/providers.h"

namespace martlet::iam {

class MfaDevices : public Providers {
 public:
  using Providers::Providers;

  Task<CreateVirtualMFADeviceResponse> CreateVirtualMFADevice(wire::Context& context,
                                                              CreateVirtualMFADeviceRequest input) override;
  Task<> DeleteVirtualMFADevice(wire::Context& context, DeleteVirtualMFADeviceRequest input) override;
  Task<> EnableMFADevice(wire::Context& context, EnableMFADeviceRequest input) override;
  Task<> ResyncMFADevice(wire::Context& context, ResyncMFADeviceRequest input) override;
  Task<> DeactivateMFADevice(wire::Context& context, DeactivateMFADeviceRequest input) override;
  Task<GetMFADeviceResponse> GetMFADevice(wire::Context& context, GetMFADeviceRequest input) override;
  Task<ListMFADevicesResponse> ListMFADevices(wire::Context& context, ListMFADevicesRequest input) override;
  Task<ListVirtualMFADevicesResponse> ListVirtualMFADevices(wire::Context& context,
                                                            ListVirtualMFADevicesRequest input) override;
  Task<> TagMFADevice(wire::Context& context, TagMFADeviceRequest input) override;
  Task<> UntagMFADevice(wire::Context& context, UntagMFADeviceRequest input) override;
  Task<ListMFADeviceTagsResponse> ListMFADeviceTags(wire::Context& context,
                                                    ListMFADeviceTagsRequest input) override;

  /// For those who ask for codes.
  MfaCodes& mfa_codes() { return codes_; }

 private:
  /// Loads the device, lets `edit(record)` change it, and saves it. Throws NoSuchEntity.
  template <class Edit>
  Task<> edit_device(std::string account, std::string serial_number, Edit edit);
  /// Sets the device by two codes that follow one another. Throws InvalidAuthenticationCode.
  void synchronize(MfaDeviceRecord& device, const std::string& code1, const std::string& code2) const;

  MfaCodes codes_{with_.store, with_.clock, with_.secrets};
};

}  // namespace martlet::iam
