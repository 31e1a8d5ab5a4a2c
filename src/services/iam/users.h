#pragma once

// Users and what is theirs: policies, access keys, login profiles, SSH keys; mfa_devices.h, certificates.h
// and service_credentials.h have more of it. Operations are in users.cc, user_policies.cc, access_keys.cc,
// login_profiles.cc and ssh_keys.cc.

#include "services/iam/operations.h"

namespace martlet::iam {

class Users : public Operations {
 public:
  using Operations::Operations;

  Task<CreateUserResponse> CreateUser(wire::Context& context, CreateUserRequest input) override;
  Task<GetUserResponse> GetUser(wire::Context& context, GetUserRequest input) override;
  Task<> UpdateUser(wire::Context& context, UpdateUserRequest input) override;
  Task<> DeleteUser(wire::Context& context, DeleteUserRequest input) override;
  Task<ListUsersResponse> ListUsers(wire::Context& context, ListUsersRequest input) override;
  Task<> TagUser(wire::Context& context, TagUserRequest input) override;
  Task<> UntagUser(wire::Context& context, UntagUserRequest input) override;
  Task<ListUserTagsResponse> ListUserTags(wire::Context& context, ListUserTagsRequest input) override;

  Task<> AttachUserPolicy(wire::Context& context, AttachUserPolicyRequest input) override;
  Task<> DetachUserPolicy(wire::Context& context, DetachUserPolicyRequest input) override;
  Task<ListAttachedUserPoliciesResponse> ListAttachedUserPolicies(
      wire::Context& context, ListAttachedUserPoliciesRequest input) override;
  Task<> PutUserPolicy(wire::Context& context, PutUserPolicyRequest input) override;
  Task<GetUserPolicyResponse> GetUserPolicy(wire::Context& context, GetUserPolicyRequest input) override;
  Task<> DeleteUserPolicy(wire::Context& context, DeleteUserPolicyRequest input) override;
  Task<ListUserPoliciesResponse> ListUserPolicies(wire::Context& context,
                                                  ListUserPoliciesRequest input) override;
  Task<> PutUserPermissionsBoundary(wire::Context& context, PutUserPermissionsBoundaryRequest input) override;
  Task<> DeleteUserPermissionsBoundary(wire::Context& context,
                                       DeleteUserPermissionsBoundaryRequest input) override;

  Task<CreateAccessKeyResponse> CreateAccessKey(wire::Context& context,
                                                CreateAccessKeyRequest input) override;
  Task<> UpdateAccessKey(wire::Context& context, UpdateAccessKeyRequest input) override;
  Task<> DeleteAccessKey(wire::Context& context, DeleteAccessKeyRequest input) override;
  Task<ListAccessKeysResponse> ListAccessKeys(wire::Context& context, ListAccessKeysRequest input) override;
  Task<GetAccessKeyLastUsedResponse> GetAccessKeyLastUsed(wire::Context& context,
                                                          GetAccessKeyLastUsedRequest input) override;

  Task<CreateLoginProfileResponse> CreateLoginProfile(wire::Context& context,
                                                      CreateLoginProfileRequest input) override;
  Task<GetLoginProfileResponse> GetLoginProfile(wire::Context& context,
                                                GetLoginProfileRequest input) override;
  Task<> UpdateLoginProfile(wire::Context& context, UpdateLoginProfileRequest input) override;
  Task<> DeleteLoginProfile(wire::Context& context, DeleteLoginProfileRequest input) override;
  Task<> ChangePassword(wire::Context& context, ChangePasswordRequest input) override;

  Task<UploadSSHPublicKeyResponse> UploadSSHPublicKey(wire::Context& context,
                                                      UploadSSHPublicKeyRequest input) override;
  Task<GetSSHPublicKeyResponse> GetSSHPublicKey(wire::Context& context,
                                                GetSSHPublicKeyRequest input) override;
  Task<> UpdateSSHPublicKey(wire::Context& context, UpdateSSHPublicKeyRequest input) override;
  Task<> DeleteSSHPublicKey(wire::Context& context, DeleteSSHPublicKeyRequest input) override;
  Task<ListSSHPublicKeysResponse> ListSSHPublicKeys(wire::Context& context,
                                                    ListSSHPublicKeysRequest input) override;

 protected:
  /// What lists of users show.
  static User brief(const UserRecord& record);

 private:
  /// An access key of the user; throws NoSuchEntity.
  static Task<AccessKeyRecord> require_key(store::Txn& txn, Name user, std::string id);
};

}  // namespace martlet::iam
